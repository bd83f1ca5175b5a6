namespace Broker.Client;

/// <summary>What a topic name and a filter may look like (MQTT 5, 4.7), checked before they reach the broker.</summary>
internal static class TopicRules
{
    private const int MaxBytes = ushort.MaxValue;

    public static void CheckTopic(string topic)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        if (topic.AsSpan().ContainsAny('+', '#')) throw new ArgumentException($"'{topic}' has a wildcard: messages are published to one topic", nameof(topic)); // [MQTT-3.3.2-2]
        CheckText(topic, nameof(topic));
    }

    public static void CheckFilter(string filter)
    {
        ArgumentException.ThrowIfNullOrEmpty(filter);
        CheckText(filter, nameof(filter));
        string[] levels = filter.Split('/');
        for (int i = 0; i < levels.Length; i++)
        {
            // [MQTT-4.7.1-1] [MQTT-4.7.1-2]
            bool isWrong = levels[i].Length > 1 && levels[i].AsSpan().ContainsAny('+', '#');
            if (isWrong || (levels[i] == "#" && i < levels.Length - 1)) throw new ArgumentException($"'{filter}' is not a topic filter: + and # stand alone in their level, # only in the last", nameof(filter));
        }
    }

    private static void CheckText(string text, string name)
    {
        if (text.Contains('\0')) throw new ArgumentException("A topic has no U+0000", name); // [MQTT-4.7.3-2]
        if (text.Length > MaxBytes / 3 && System.Text.Encoding.UTF8.GetByteCount(text) > MaxBytes) throw new ArgumentException($"A topic has at most {MaxBytes} bytes", name); // [MQTT-4.7.3-3]
    }
}

namespace Broker.Core.Topics;

/// <summary>
/// Topics that are the broker's: clients read some of them and publish to none. Other names with a leading <c>$</c> are
/// nobody's; the wildcards at the start of a filter do not match them either [MQTT-4.7.2-1].
/// </summary>
internal static class ReservedTopics
{
    /// <summary>Whether the first level of a topic name is reserved.</summary>
    public static bool Contains(ReadOnlySpan<byte> topic)
    {
        if (!TopicName.IsReserved(topic)) return false;
        int end = topic.IndexOf((byte)'/');
        ReadOnlySpan<byte> root = end < 0 ? topic : topic[..end];
        return root.SequenceEqual("$SYS"u8) || root.SequenceEqual("$presence"u8) || root.SequenceEqual("$share"u8)
            || root.SequenceEqual("$changes"u8) || root.SequenceEqual("$CONTROL"u8)
            || root.SequenceEqual("$responses"u8);
    }
}

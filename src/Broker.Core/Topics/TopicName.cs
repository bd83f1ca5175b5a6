namespace Broker.Core.Topics;

/// <summary>The rules of a topic name: what a message is published under. MQTT 5.0 section 4.7.</summary>
public static class TopicName
{
    internal const byte Separator = (byte)'/';
    internal const byte SingleLevelWildcard = (byte)'+';
    internal const byte MultiLevelWildcard = (byte)'#';

    /// <summary>Says what is wrong with a topic name.</summary>
    /// <param name="name">Well-formed UTF-8 without U+0000, as it stood in the packet.</param>
    /// <param name="maxBytes">How many bytes it may have.</param>
    /// <param name="maxLevels">How many levels it may have; a name with n separators has n + 1.</param>
    /// <returns>The first fault found, in the order empty, length, wildcards, levels.</returns>
    public static TopicFault Check(ReadOnlySpan<byte> name, int maxBytes, int maxLevels)
    {
        if (name.IsEmpty)
        {
            return TopicFault.Empty; // [MQTT-4.7.3-1]
        }

        if (name.Length > maxBytes)
        {
            return TopicFault.TooLong;
        }

        if (name.ContainsAny(SingleLevelWildcard, MultiLevelWildcard))
        {
            return TopicFault.Wildcard; // [MQTT-3.3.2-2]
        }

        return LevelCount(name) > maxLevels ? TopicFault.TooManyLevels : TopicFault.None;
    }

    /// <summary>Whether wildcards at the first level do not match this name: it begins with '$'. [MQTT-4.7.2-1]</summary>
    /// <param name="name">A topic name.</param>
    public static bool IsReserved(ReadOnlySpan<byte> name) => !name.IsEmpty && name[0] == (byte)'$';

    internal static int LevelCount(ReadOnlySpan<byte> path) => path.Count(Separator) + 1;
}

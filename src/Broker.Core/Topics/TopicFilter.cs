namespace Broker.Core.Topics;

/// <summary>A checked topic filter, split into the share name and the filter proper. MQTT 5.0 sections 4.7 and 4.8.2.</summary>
/// <remarks>Looks into the bytes it was parsed from, and lives no longer than they do.</remarks>
public readonly ref struct TopicFilter
{
    private static ReadOnlySpan<byte> ShareWord => "$share"u8;

    private static ReadOnlySpan<byte> ChangesPrefix => "$changes/"u8;

    private TopicFilter(ReadOnlySpan<byte> key, ReadOnlySpan<byte> group, bool isChangeOnly, ReadOnlySpan<byte> filter, bool hasWildcard)
    {
        Key = key;
        Group = group;
        IsChangeOnly = isChangeOnly;
        Filter = filter;
        HasWildcard = hasWildcard;
    }

    /// <summary>The share name; empty if the subscription is not shared.</summary>
    public ReadOnlySpan<byte> Group { get; }

    /// <summary>Whether the filter began with "$changes/", behind the share name if there is one: only changes are wanted.</summary>
    public bool IsChangeOnly { get; }

    /// <summary>The filter that topics are matched with: what was parsed, without "$share/{group}/" and "$changes/".</summary>
    public ReadOnlySpan<byte> Filter { get; }

    /// <summary>All of it, as it was parsed: what tells one subscription of a client from another.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>Whether the filter began with "$share/{group}/".</summary>
    public bool IsShared => !Group.IsEmpty;

    /// <summary>Whether <see cref="Filter"/> contains '+' or '#'.</summary>
    public bool HasWildcard { get; }

    /// <summary>Checks and splits a topic filter.</summary>
    /// <param name="utf8">Well-formed UTF-8 without U+0000, as it stood in the packet.</param>
    /// <param name="maxBytes">How many bytes it may have, "$share/{group}/" included.</param>
    /// <param name="maxLevels">How many levels it may have, "$share/{group}/" not counted.</param>
    /// <param name="filter">The filter; empty if there is a fault.</param>
    /// <returns><see cref="TopicFault.None"/>, or the first fault found.</returns>
    public static TopicFault TryParse(ReadOnlySpan<byte> utf8, int maxBytes, int maxLevels, out TopicFilter filter)
    {
        filter = default;
        if (utf8.IsEmpty)
        {
            return TopicFault.Empty; // [MQTT-4.7.3-1]
        }

        if (utf8.Length > maxBytes)
        {
            return TopicFault.TooLong;
        }

        TopicFault fault = SplitShare(utf8, out ReadOnlySpan<byte> group, out ReadOnlySpan<byte> rest);
        if (fault != TopicFault.None)
        {
            return fault;
        }

        bool isChangeOnly = rest.StartsWith(ChangesPrefix);
        if (isChangeOnly) rest = rest[ChangesPrefix.Length..];
        if (rest.IsEmpty || rest.SequenceEqual(ChangesPrefix[..^1]) || rest.StartsWith(ChangesPrefix)) return TopicFault.NoFilter;
        if (isChangeOnly && rest.StartsWith("$share/"u8)) return TopicFault.ShareName; // it stands before "$changes/"
        if (TopicName.LevelCount(rest) > maxLevels)
        {
            return TopicFault.TooManyLevels;
        }

        if (!WildcardsFillTheirLevels(rest, out bool hasWildcard))
        {
            return TopicFault.MisplacedWildcard;
        }

        filter = new TopicFilter(utf8, group, isChangeOnly, rest, hasWildcard);
        return TopicFault.None;
    }

    /// <summary>What is behind "$changes/".</summary>
    /// <param name="key">The key of a filter that is change-only and not shared.</param>
    internal static ReadOnlySpan<byte> WithoutChanges(ReadOnlySpan<byte> key) => key[ChangesPrefix.Length..];

    /// <summary>Whether a topic name matches a filter, by the letter of the specification and without any index.</summary>
    /// <param name="filter">A valid topic filter without "$share/{group}/".</param>
    /// <param name="topic">A valid topic name.</param>
    public static bool Matches(ReadOnlySpan<byte> filter, ReadOnlySpan<byte> topic)
    {
        if (TopicName.IsReserved(topic) && !filter.IsEmpty && filter[0] is TopicName.SingleLevelWildcard or TopicName.MultiLevelWildcard)
        {
            return false; // [MQTT-4.7.2-1]
        }

        while (true)
        {
            ReadOnlySpan<byte> wanted = TakeLevel(ref filter, out bool filterGoesOn);
            if (wanted is [TopicName.MultiLevelWildcard])
            {
                return true;
            }

            ReadOnlySpan<byte> level = TakeLevel(ref topic, out bool topicGoesOn);
            if (wanted is not [TopicName.SingleLevelWildcard] && !wanted.SequenceEqual(level))
            {
                return false;
            }

            if (!topicGoesOn)
            {
                // '#' stands for any number of levels, none too: "sport/#" matches "sport". [MQTT-4.7.1-2]
                return !filterGoesOn || filter is [TopicName.MultiLevelWildcard];
            }

            if (!filterGoesOn)
            {
                return false;
            }
        }
    }

    /// <summary>Cuts the first level off a path; <paramref name="goesOn"/>: a separator followed, so at least one more level does.</summary>
    internal static ReadOnlySpan<byte> TakeLevel(scoped ref ReadOnlySpan<byte> path, out bool goesOn)
    {
        int end = path.IndexOf(TopicName.Separator);
        goesOn = end >= 0;
        ReadOnlySpan<byte> level = goesOn ? path[..end] : path;
        path = goesOn ? path[(end + 1)..] : default;
        return level;
    }

    private static TopicFault SplitShare(ReadOnlySpan<byte> utf8, out ReadOnlySpan<byte> group, out ReadOnlySpan<byte> filter)
    {
        group = default;
        filter = utf8;
        if (!utf8.StartsWith(ShareWord))
        {
            return TopicFault.None;
        }

        ReadOnlySpan<byte> rest = utf8[ShareWord.Length..];
        if (rest.IsEmpty)
        {
            return TopicFault.ShareName; // A legal name by the letter, but nobody means it.
        }

        if (rest[0] != TopicName.Separator)
        {
            return TopicFault.None; // "$shared/x" is an ordinary filter.
        }

        rest = rest[1..];
        ReadOnlySpan<byte> name = TakeLevel(ref rest, out bool goesOn);
        if (name.IsEmpty || !goesOn || name.ContainsAny(TopicName.SingleLevelWildcard, TopicName.MultiLevelWildcard))
        {
            return TopicFault.ShareName; // [MQTT-4.8.2-1] [MQTT-4.8.2-2]
        }

        if (rest.IsEmpty)
        {
            return TopicFault.NoFilter; // [MQTT-4.8.2-2]
        }

        group = name;
        filter = rest;
        return TopicFault.None;
    }

    private static bool WildcardsFillTheirLevels(ReadOnlySpan<byte> filter, out bool any)
    {
        any = false;
        int from = 0;
        while (true)
        {
            int found = filter[from..].IndexOfAny(TopicName.SingleLevelWildcard, TopicName.MultiLevelWildcard);
            if (found < 0)
            {
                return true;
            }

            any = true;
            int at = from + found;
            from = at + 1;
            bool isLast = from == filter.Length;
            bool fills = (at == 0 || filter[at - 1] == TopicName.Separator) && (isLast || filter[from] == TopicName.Separator);
            if (!fills || (filter[at] == TopicName.MultiLevelWildcard && !isLast))
            {
                return false; // [MQTT-4.7.1-1] [MQTT-4.7.1-2]
            }
        }
    }
}

using Broker.Core.Topics;

namespace Broker.Core.ChangeDetection;

/// <summary>
/// Where a search through topics in the order of their bytes goes on: from one that the filter does not match to the first that it
/// could match behind that. So topics that cannot be meant are passed by together, not looked at.
/// </summary>
/// <remarks>Threading: one search at a time; it keeps the key between steps.</remarks>
internal sealed class FilterSteps
{
    private const byte AfterSeparator = TopicName.Separator + 1;

    private byte[] _key = new byte[128];
    private int _length;

    /// <summary>Behind this the search goes on, after <see cref="Step.Seek"/>: at the first topic that is not before it.</summary>
    public ReadOnlySpan<byte> Key => _key.AsSpan(0, _length);

    /// <summary>What a search does next.</summary>
    internal enum Step
    {
        /// <summary>The filter matches the topic; the next one is looked at.</summary>
        Match,

        /// <summary>It does not; the next one is looked at.</summary>
        Next,

        /// <summary>It does not, nor any topic before the key.</summary>
        Seek,

        /// <summary>Nor any topic behind this one.</summary>
        End,
    }

    /// <summary>Where the search for a filter begins: at what stands before its first wildcard.</summary>
    public void Start(ReadOnlySpan<byte> filter)
    {
        int wildcard = filter.IndexOfAny(TopicName.SingleLevelWildcard, TopicName.MultiLevelWildcard);
        ReadOnlySpan<byte> fixedPart = wildcard < 0 ? filter : filter[..wildcard];
        bool mayBeParent = wildcard > 0 && filter[wildcard] == TopicName.MultiLevelWildcard; // "a/#" matches "a"
        Set(mayBeParent ? fixedPart[..^1] : fixedPart, default);
    }

    /// <summary>Looks at a topic that is not before <see cref="Key"/>.</summary>
    public Step Look(ReadOnlySpan<byte> filter, ReadOnlySpan<byte> topic)
    {
        bool isWild = filter is [TopicName.SingleLevelWildcard or TopicName.MultiLevelWildcard, ..];
        if (isWild && TopicName.IsReserved(topic)) return SeekTo(default, "%"u8); // the byte after '$' [MQTT-4.7.2-1]
        bool hasWildcardBefore = false;
        int start = 0; // of the level, in the topic
        while (true)
        {
            ReadOnlySpan<byte> wanted = TopicFilter.TakeLevel(ref filter, out bool filterGoesOn);
            if (wanted is [TopicName.MultiLevelWildcard]) return Step.Match;
            ReadOnlySpan<byte> rest = topic[start..];
            ReadOnlySpan<byte> level = TopicFilter.TakeLevel(ref rest, out bool topicGoesOn);
            bool isAny = wanted is [TopicName.SingleLevelWildcard];
            if (!isAny && !wanted.SequenceEqual(level)) return Pass(topic, start, wanted, filterGoesOn, hasWildcardBefore);
            int end = start + level.Length;
            if (!topicGoesOn)
            {
                if (!filterGoesOn || filter is [TopicName.MultiLevelWildcard]) return Step.Match; // [MQTT-4.7.1-2]
                return isAny ? Step.Next : SeekTo(topic, [TopicName.Separator]); // too short: below it, or another one
            }

            if (!filterGoesOn) return isAny ? SeekTo(topic[..end], [AfterSeparator]) : Leave(topic, start, hasWildcardBefore); // too long: so is all beside it
            hasWildcardBefore |= isAny;
            start = end + 1;
        }
    }

    /// <summary>A level is another one than the filter wants: what it wants lies ahead, or is behind us.</summary>
    private Step Pass(ReadOnlySpan<byte> topic, int start, ReadOnlySpan<byte> wanted, bool filterGoesOn, bool hasWildcardBefore)
    {
        ReadOnlySpan<byte> here = topic[start..];
        if (here.SequenceCompareTo(wanted) < 0) return SeekTo(topic[..start], wanted);
        if (filterGoesOn && here.StartsWith(wanted) && here[wanted.Length] < TopicName.Separator)
        {
            Set(topic[..start], wanted);
            return SeekTo(Key, [TopicName.Separator]);
        }

        return Leave(topic, start, hasWildcardBefore);
    }

    /// <summary>Nothing more can come with the levels before this one: if one of them is a wildcard's, there may be with others.</summary>
    private Step Leave(ReadOnlySpan<byte> topic, int start, bool hasWildcardBefore) =>
        hasWildcardBefore ? SeekTo(topic[..(start - 1)], [AfterSeparator]) : Step.End;

    private Step SeekTo(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        Set(first, second);
        return Step.Seek;
    }

    private void Set(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        int length = first.Length + second.Length;
        byte[] key = length <= _key.Length ? _key : new byte[length * 2];
        first.CopyTo(key); // may be the key itself
        second.CopyTo(key.AsSpan(first.Length));
        _key = key;
        _length = length;
    }
}

using Broker.Core.Topics;

namespace Broker.Core.Security.Access;

/// <summary>
/// A topic by its levels. Of a filter, it is one of the topics that the filter matches: each + became a level that no rule names, and
/// behind a # any number of those follows. What allows that topic allows whatever stands in these places.
/// </summary>
internal readonly ref struct TopicLevels
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly ReadOnlySpan<int> _starts; // one more than there are levels in the text
    private readonly int _named;
    private readonly bool _isFilter;

    /// <summary>Takes a topic, or a topic of a filter.</summary>
    /// <param name="text">The topic name or the filter; of a filter that ends with /#, what stands before that.</param>
    /// <param name="starts">Memory for <see cref="TopicName.LevelCount"/> + 1 numbers.</param>
    /// <param name="isFilter">Whether + stands for any level.</param>
    /// <param name="more">Levels that no rule names and that follow.</param>
    public TopicLevels(ReadOnlySpan<byte> text, Span<int> starts, bool isFilter = false, int more = 0)
    {
        _text = text;
        _isFilter = isFilter;
        _named = 0;
        int from = 0;
        while (_named < starts.Length - 1)
        {
            starts[_named++] = from;
            int end = text[from..].IndexOf(TopicName.Separator);
            if (end < 0) break;
            from += end + 1;
        }

        if (_named > 0) starts[_named] = text.Length + 1;
        _starts = starts;
        Count = _named + more;
    }

    /// <summary>How many levels it has.</summary>
    public int Count { get; }

    /// <summary>Whether it begins with $.</summary>
    public bool IsReserved => _named > 0 && TopicName.IsReserved(_text);

    /// <summary>A level; false if it is one that no rule names.</summary>
    public bool TryGet(int index, out ReadOnlySpan<byte> level)
    {
        level = index < _named ? _text[_starts[index]..(_starts[index + 1] - 1)] : default;
        return index < _named && !(_isFilter && level is [TopicName.SingleLevelWildcard]);
    }
}

namespace Broker.Core.Polling;

/// <summary>A part of the topics that a filter matches.</summary>
/// <remarks>Owner: the caller, who disposes it and with it the values.</remarks>
public sealed class TopicPage : IDisposable
{
    internal TopicPage(IReadOnlyList<TopicValue> topics, IReadOnlyList<TopicRemoval> removed, bool isFull, string cursor, bool hasMore)
    {
        Topics = topics;
        Removed = removed;
        IsFull = isFull;
        Cursor = cursor;
        HasMore = hasMore;
    }

    /// <summary>The topics, each with its value.</summary>
    public IReadOnlyList<TopicValue> Topics { get; }

    /// <summary>Topics whose values were removed; they do not count towards the limit.</summary>
    public IReadOnlyList<TopicRemoval> Removed { get; }

    /// <summary>
    /// Whether the pages up to the next that has no more list everything, whatever the caller had: because there was no cursor, or
    /// it was from an earlier run of the broker or so old that not every removal since is known. What none of them has is gone.
    /// </summary>
    public bool IsFull { get; }

    /// <summary>Where to go on: what this page lacks, and what changes from now on.</summary>
    public string Cursor { get; }

    /// <summary>Whether the cursor leads to more already; a page may be empty and yet not be the last one.</summary>
    public bool HasMore { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (TopicValue topic in Topics) topic.Dispose();
    }
}

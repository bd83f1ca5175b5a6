namespace Broker.Core.Polling;

/// <summary>A part of the topics that a filter matches.</summary>
/// <remarks>Owner: the caller, who disposes it and with it the values.</remarks>
public sealed class TopicPage : IDisposable
{
    internal TopicPage(IReadOnlyList<TopicValue> topics, string cursor, bool hasMore)
    {
        Topics = topics;
        Cursor = cursor;
        HasMore = hasMore;
    }

    /// <summary>The topics, each with its value.</summary>
    public IReadOnlyList<TopicValue> Topics { get; }

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

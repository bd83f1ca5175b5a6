using Broker.Core.Topics;

namespace Broker.Core.ChangeDetection;

/// <summary>
/// The topics whose values were removed last, so that who follows a cursor learns that they are gone. Of what is no longer
/// remembered only the number is: who is further behind begins anew.
/// </summary>
/// <remarks>Threading: none of its own. Owner: <see cref="LastValues"/>, under its gate.</remarks>
internal sealed class RemovedTopics
{
    /// <summary>How many are remembered.</summary>
    public const int Most = 1_024;

    /// <summary>How many bytes of names are remembered.</summary>
    public const int MostBytes = 1_048_576;

    private readonly Queue<RemovedTopic> _topics = new();
    private int _bytes;
    private long _lost; // the number of the latest removal that is not remembered

    /// <summary>Remembers a removal.</summary>
    public void Add(RemovedTopic topic)
    {
        _topics.Enqueue(topic);
        _bytes += topic.Topic.Length;
        while (_topics.Count > Most || _bytes > MostBytes)
        {
            RemovedTopic oldest = _topics.Dequeue();
            _bytes -= oldest.Topic.Length;
            _lost = oldest.Number;
        }
    }

    /// <summary>The removals between two numbers of topics that a filter matches; false if they are not all remembered.</summary>
    /// <param name="since">They came after this number.</param>
    /// <param name="head">They came with this number or before it.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="removed">Where to, in their order.</param>
    public bool TryCollect(long since, long head, ReadOnlySpan<byte> filter, List<RemovedTopic> removed)
    {
        if (since < _lost) return false;
        foreach (RemovedTopic topic in _topics)
        {
            bool isAsked = topic.Number > since && topic.Number <= head && TopicFilter.Matches(filter, topic.Topic);
            if (isAsked) removed.Add(topic);
        }

        return true;
    }
}

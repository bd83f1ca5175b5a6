namespace Broker.Core.Topics;

/// <summary>Where a search through a <see cref="TopicTree{T}"/> is that goes on from call to call.</summary>
public struct TopicTreeCursor
{
    internal int Position;
    internal int Generation;
}

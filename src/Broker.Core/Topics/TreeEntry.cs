namespace Broker.Core.Topics;

/// <summary>Base of what a <see cref="SubscriptionTree{T}"/> holds. The tree keeps its position in the entry, so that removing it is O(1).</summary>
/// <remarks>Owner: the tree that the entry is in; the fields are read and written under that tree's lock only.</remarks>
public abstract class TreeEntry
{
    /// <summary>The topic filter that it is found by, without <c>$share/{group}/</c> and <c>$changes/</c>, in UTF-8. It never changes.</summary>
    public abstract ReadOnlySpan<byte> Path { get; }

    /// <summary>The node that holds the entry; 0 while it is in no tree.</summary>
    internal int Node;

    /// <summary>The place among the entries of its node.</summary>
    internal int Slot;
}

namespace Broker.Core.Topics;

/// <summary>What to do with a value that a <see cref="TopicTree{T}"/> hands out while it keeps it: take a reference count, for example.</summary>
/// <typeparam name="T">What the tree holds.</typeparam>
public interface ITreeValuePolicy<in T>
{
    /// <summary>
    /// Called under the tree's lock, once for each value handed out, so that the value cannot be replaced and released in between.
    /// Must be short, must not throw, and must not call the tree.
    /// </summary>
    /// <param name="value">The value that is about to be handed out.</param>
    static abstract void OnTaken(T value);
}

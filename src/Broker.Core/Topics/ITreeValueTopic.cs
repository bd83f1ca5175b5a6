namespace Broker.Core.Topics;

/// <summary>How to tell the topic of a value of a <see cref="TopicTree{T}"/>.</summary>
/// <typeparam name="T">What the tree holds.</typeparam>
public interface ITreeValueTopic<in T>
{
    /// <summary>The topic that the value is set at. Called under the tree's lock.</summary>
    /// <param name="value">A value of the tree.</param>
    static abstract ReadOnlySpan<byte> TopicOf(T value);
}

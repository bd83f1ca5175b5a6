namespace Broker.Client;

/// <summary>What a <see cref="ChangePublisher{T}"/> counts as a change, and how it publishes.</summary>
/// <typeparam name="T">The type of the values.</typeparam>
public sealed record ChangePublisherOptions<T>
{
    /// <summary>What counts as a change, and how often at most and at least one is published.</summary>
    public ChangeCriteria Changes { get; init; } = new();

    /// <summary>Says which values are the same, instead of <see cref="ChangeCriteria.Deadband"/>, <see cref="ChangeCriteria.Pointers"/> or bytes. Null: those.</summary>
    public IEqualityComparer<T>? Comparer { get; init; }

    /// <summary>How values are published; retained unless set, so that those who come later get the value at once.</summary>
    public PublishOptions Publish { get; init; } = PublishOptions.Retained;
}

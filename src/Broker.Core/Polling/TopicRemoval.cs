namespace Broker.Core.Polling;

/// <summary>A topic that has no value any more.</summary>
/// <param name="Topic">Its name in UTF-8.</param>
/// <param name="RemovedAt">When its value was removed, to a tenth of a second.</param>
public readonly record struct TopicRemoval(ReadOnlyMemory<byte> Topic, DateTimeOffset RemovedAt);

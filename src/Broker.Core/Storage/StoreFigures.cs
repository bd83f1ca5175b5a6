namespace Broker.Core.Storage;

/// <summary>How a store is doing.</summary>
/// <param name="Sync">What a small write to its disk took at the start, confirmed.</param>
/// <param name="CommitMedian">The median of the last commits.</param>
/// <param name="CommitP99">Their 99th percentile.</param>
/// <param name="WaitingBytes">Bytes that wait for the disk.</param>
/// <param name="SizeBytes">Bytes that it takes on the disk.</param>
/// <param name="State"><c>open</c>, <c>full</c> or <c>failed</c>.</param>
public readonly record struct StoreFigures(TimeSpan Sync, TimeSpan CommitMedian, TimeSpan CommitP99, long WaitingBytes, long SizeBytes, string State);

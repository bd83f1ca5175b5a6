namespace Broker.Storage;

/// <summary>How commits are gathered.</summary>
public sealed record GroupCommitOptions
{
    /// <summary>Bytes that may wait for the disk; past it publishers are not read from until the next commit.</summary>
    public long WaitingBytes { get; init; } = 67_108_864;

    /// <summary>How long records wait that nobody waits for.</summary>
    public TimeSpan LazyDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The time by which a commit waits for those who are about to join it.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Bytes that have to stay free on the disk; null: it is not looked at.</summary>
    public long? MinFree { get; init; }

    /// <summary>Says how many bytes are free on the disk.</summary>
    public Func<long> Free { get; init; } = () => long.MaxValue;

    /// <summary>What a small write to this disk took at the start, confirmed.</summary>
    public TimeSpan SyncLatency { get; init; }

    /// <summary>For tests of the tests: acknowledges a moment before anything is written.</summary>
    internal bool AcknowledgesEarly { get; init; }

    /// <summary>For tests of the tests: does not keep the packet identifiers of QoS 2 publications.</summary>
    internal bool ForgetsPacketIds { get; init; }
}

namespace Broker.Core.Storage;

/// <summary>What acknowledgements promise where a store is there.</summary>
public sealed record StorePolicy
{
    /// <summary>The promise where no rule says otherwise; sessions and subscriptions are kept by it, too.</summary>
    public AckLevel Ack { get; init; } = AckLevel.Fsync;

    /// <summary>Topics with a promise of their own; the first that matches counts.</summary>
    public IReadOnlyList<StoreRule> Rules { get; init; } = [];

    /// <summary>
    /// Bytes of the log after which everything that is still needed is written again, so that the rest can be deleted; it is never
    /// less than what was needed the last time.
    /// </summary>
    public long CheckpointBytes { get; init; } = 64 * 1_048_576;

    internal AckLevel LevelOf(ReadOnlySpan<byte> topic)
    {
        foreach (StoreRule rule in Rules)
        {
            if (rule.Matches(topic)) return rule.Ack;
        }

        return Ack;
    }
}

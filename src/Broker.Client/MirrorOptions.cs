namespace Broker.Client;

/// <summary>How a mirror is kept.</summary>
public sealed record MirrorOptions
{
    /// <summary>Any difference is a change; 100,000 topics at most.</summary>
    public static MirrorOptions Default { get; } = new();

    /// <summary>What counts as a change.</summary>
    public ChangeCriteria Changes { get; init; } = new();

    /// <summary>How many topics are kept, 1 and more; values of further topics are left out and counted in <see cref="Mirror{T}.LeftOut"/>.</summary>
    public int MaxTopics { get; init; } = 100_000;
}

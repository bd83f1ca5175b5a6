namespace Broker.Client;

/// <summary>What counts as a change, and how often one is told. Without anything set, every difference in bytes is one.</summary>
public sealed record ChangeCriteria
{
    /// <summary>For numbers: how far they have to move from the last value told. What is not a number counts as changed.</summary>
    public Deadband? Deadband { get; init; }

    /// <summary>For JSON: the parts that count, as JSON pointers (RFC 6901) such as <c>/temperature</c>. What is not JSON counts as changed.</summary>
    public IReadOnlyList<string> Pointers { get; init; } = [];

    /// <summary>At most one message a topic in this time; the newest value goes out when it ends. Null: no bound.</summary>
    public TimeSpan? MinInterval { get; init; }

    /// <summary>An unchanged value is told again after this time, so that silence and death differ. Null: never.</summary>
    public TimeSpan? MaxSilence { get; init; }
}

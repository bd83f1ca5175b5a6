namespace Broker.LoadTests.Engine;

/// <summary>What holds for a whole run.</summary>
public sealed record LoadRunOptions
{
    public string Name { get; init; } = "load";

    public ArrivalSpacing Spacing { get; init; } = ArrivalSpacing.Even;

    /// <summary>The same seed gives the same arrivals.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How long to wait for iterations that are under way when the last phase ends; what is left then is counted as stragglers.</summary>
    public TimeSpan CompletionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Iterations of one scenario at the same time; one more is not started, and counted as rejected.</summary>
    public int MaxInFlight { get; init; } = 100_000;
}

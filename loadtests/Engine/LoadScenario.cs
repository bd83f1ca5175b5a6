namespace Broker.LoadTests.Engine;

/// <summary>What to do, how often, and what it has to keep to. Hosts run it: the engine of this project, or NBomber.</summary>
/// <param name="Name">Unique in a run.</param>
/// <param name="Run">One iteration. What is to be measured is in its steps.</param>
public sealed record LoadScenario(string Name, Func<ILoadContext, Task<LoadResult>> Run)
{
    /// <summary>Before the first iteration; not measured.</summary>
    public Func<CancellationToken, Task>? Init { get; init; }

    /// <summary>After the last one.</summary>
    public Func<CancellationToken, Task>? Clean { get; init; }

    /// <summary>How long to run first without counting; zero for not at all.</summary>
    public TimeSpan WarmUp { get; init; }

    /// <summary>What happens, one after another.</summary>
    public IReadOnlyList<LoadPhase> Phases { get; init; } = [];

    /// <summary>What the results are held against.</summary>
    public IReadOnlyList<Threshold> Thresholds { get; init; } = [];
}

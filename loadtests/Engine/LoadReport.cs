namespace Broker.LoadTests.Engine;

/// <summary>The results of a run, and whether they can be believed.</summary>
/// <param name="Host">Who ran it.</param>
/// <param name="Scenarios">What came out.</param>
public sealed record LoadReport(string Host, IReadOnlyList<ScenarioSummary> Scenarios)
{
    /// <summary>What the results were held against; filled by <see cref="ThresholdGate"/>.</summary>
    public IReadOnlyList<ThresholdResult> Thresholds { get; init; } = [];

    /// <summary>Why the numbers are not to be believed; empty if they are.</summary>
    public IReadOnlyList<string> Doubts { get; init; } = [];

    public LoadExitCode ExitCode =>
        Doubts.Count > 0 ? LoadExitCode.Invalid
        : Thresholds.Any(threshold => !threshold.Holds) ? LoadExitCode.ThresholdFailed
        : LoadExitCode.Success;
}

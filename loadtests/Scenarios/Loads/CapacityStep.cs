using System.Globalization;
using Broker.LoadTests.Engine;

namespace Broker.LoadTests.Loads;

/// <summary>One load, and why it is too much, if it is.</summary>
/// <param name="Load">Times the scenario's usual rate.</param>
/// <param name="PerSecond">Of the busiest step.</param>
/// <param name="P99Ms">Of the slowest step.</param>
/// <param name="Reason">Null while everything holds.</param>
/// <param name="IsOfGenerator">Whether the generator could not make the load, so that nothing is known of the broker.</param>
public sealed record CapacityStep(double Load, double PerSecond, double P99Ms, string? Reason, bool IsOfGenerator = false)
{
    public static CapacityStep Of(double load, LoadOutcome outcome)
    {
        IReadOnlyList<StepSummary> steps = [.. outcome.Report.Scenarios.SelectMany(scenario => scenario.Steps)];
        string? broken = outcome.Report.Thresholds.Where(threshold => !threshold.Holds)
            .Select(threshold => string.Create(CultureInfo.InvariantCulture, $"{threshold.Threshold} does not hold ({threshold.Value:0.##})")).FirstOrDefault();
        string? doubt = outcome.Report.Doubts is [var first, ..] ? first : null;
        return new CapacityStep(load, steps.Select(step => step.PerSecond).DefaultIfEmpty().Max(), steps.Select(step => step.Response.P99Ms).DefaultIfEmpty().Max(), doubt ?? broken, doubt is not null);
    }
}

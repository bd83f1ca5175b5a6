using System.Globalization;

namespace Broker.LoadTests.Engine;

/// <summary>Holds a run's results against its thresholds, and asks whether the generator kept its schedule. The same for every host.</summary>
public static class ThresholdGate
{
    /// <summary>A generator that starts iterations later than this share of the response time measures itself.</summary>
    public const double LatenessShare = 0.05;

    /// <summary>Lateness below this, in milliseconds, is never a reason for doubt.</summary>
    public const double LatenessFloorMs = 2;

    /// <summary>The report with its thresholds and doubts.</summary>
    public static LoadReport Judge(LoadReport report, IReadOnlyList<LoadScenario> scenarios)
    {
        var results = new List<ThresholdResult>();
        var doubts = new List<string>(report.Doubts);
        foreach (ScenarioSummary summary in report.Scenarios)
        {
            LoadScenario? scenario = scenarios.FirstOrDefault(candidate => candidate.Name == summary.Name);
            results.AddRange((scenario?.Thresholds ?? []).Select(threshold => threshold.Check(summary)));
            if (Doubt(summary) is { } doubt) doubts.Add(doubt);
        }

        return report with { Thresholds = results, Doubts = doubts };
    }

    /// <summary>Whether a generator that was this late may speak about times this short.</summary>
    public static bool IsLate(double latenessP99Ms, double responseP99Ms) => latenessP99Ms > Math.Max(LatenessFloorMs, LatenessShare * responseP99Ms);

    private static string? Doubt(ScenarioSummary summary)
    {
        if (!summary.IsOpen || summary.Steps.Count == 0) return null;
        double response = summary.Steps.Max(step => step.Response.P99Ms);
        return IsLate(summary.Lateness.P99Ms, response)
            ? string.Create(CultureInfo.InvariantCulture, $"{summary.Name}: the generator was late (p99 {summary.Lateness.P99Ms:0.0} ms, response p99 {response:0.0} ms): the machine was busy with something else, or the load is more than the generator can make")
            : null;
    }
}

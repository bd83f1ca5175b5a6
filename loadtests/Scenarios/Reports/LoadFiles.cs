using System.Globalization;
using System.Text;
using Broker.LoadTests.Engine;
using Broker.LoadTests.Loads;

namespace Broker.LoadTests.Reports;

/// <summary>The files of a load run: summary.md, steps.csv, timeline.csv, run.json, and for each step its times as HdrHistogram's tools draw them (.hgrm).</summary>
public static class LoadFiles
{
    public static IReadOnlyList<string> Headings { get; } = ["step", "ok", "failed", "/s", "p50", "p95", "p99", "p99.9", "max", "service p99"];

    public static IReadOnlyList<IReadOnlyList<string>> Rows(LoadReport report) =>
    [
        .. report.Scenarios.SelectMany(scenario => scenario.Steps.Select(step => (IReadOnlyList<string>)
        [
            step.Name, Whole(step.Ok), Whole(step.Failed), Estimate.Number(step.PerSecond), Estimate.Number(step.Response.P50Ms), Estimate.Number(step.Response.P95Ms),
            Estimate.Number(step.Response.P99Ms), Estimate.Number(step.Response.P999Ms), Estimate.Number(step.Response.MaxMs), Estimate.Number(step.Service.P99Ms),
        ])),
    ];

    /// <summary>What cannot be seen in the table, in sentences.</summary>
    public static IReadOnlyList<string> Remarks(LoadOutcome outcome)
    {
        var remarks = new List<string> { "times in milliseconds" };
        remarks.AddRange(outcome.Notes);
        foreach (ScenarioSummary scenario in outcome.Report.Scenarios)
        {
            remarks.Add(scenario.IsOpen
                ? FormattableString.Invariant($"open model: times count from the intended start; the generator's lateness p99 {scenario.Lateness.P99Ms:0.00} ms, max {scenario.Lateness.MaxMs:0.0} ms")
                : "closed model: latency is service time");
            if (scenario.Rejected + scenario.Stragglers > 0) remarks.Add(FormattableString.Invariant($"{scenario.Rejected} iterations rejected at the in-flight cap, {scenario.Stragglers} did not end in time"));
            remarks.AddRange(scenario.Steps.Where(step => step.Failed > 0).Select(step => FormattableString.Invariant($"{step.Name}: {string.Join(", ", step.StatusCodes.Select(code => $"{code.Value} {code.Key}"))}; first: {step.FirstFailure}")));
        }

        remarks.AddRange(outcome.Report.Thresholds.Select(threshold => $"threshold {threshold.Threshold}: {(threshold.Holds ? "holds" : "does not hold")} ({(threshold.Value is { } value ? Estimate.Number(value) : "never ran")})"));
        remarks.AddRange(outcome.Report.Doubts.Select(doubt => $"NOT TO BE BELIEVED: {doubt}"));
        return remarks;
    }

    public static void Write(string folder, LoadOutcome outcome)
    {
        var summary = new StringBuilder($"# {outcome.Scenario}\n\n| ").AppendJoin(" | ", Headings).Append(" |\n|").Append(string.Concat(Enumerable.Repeat("---|", Headings.Count))).Append('\n');
        foreach (IReadOnlyList<string> row in Rows(outcome.Report)) summary.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        summary.Append('\n');
        foreach (string remark in Remarks(outcome)) summary.Append("- ").Append(remark).Append('\n');
        File.WriteAllText(Path.Combine(folder, "summary.md"), summary.ToString());
        File.WriteAllText(Path.Combine(folder, "steps.csv"), Steps(outcome.Report));
        File.WriteAllText(Path.Combine(folder, "timeline.csv"), TimelineOf(outcome.Report));
        Times(folder, outcome.Report);
        ReportFolder.WriteJson(Path.Combine(folder, "run.json"), new { Machine = MachineInfo.Current(), Commit = MachineInfo.Commit(), Outcome = outcome });
    }

    private static void Times(string folder, LoadReport report)
    {
        foreach (ScenarioSummary scenario in report.Scenarios)
        {
            foreach (StepSummary step in scenario.Steps)
            {
                if (step.ResponseTimes is { } response) HistogramFile.Write(folder, $"{scenario.Name}-{step.Name}-response", response);
                if (step.ServiceTimes is { } service) HistogramFile.Write(folder, $"{scenario.Name}-{step.Name}-service", service);
            }
        }
    }

    private static string Steps(LoadReport report)
    {
        var text = new StringBuilder("scenario,step,ok,failed,bytes,per_second,response_min_ms,response_mean_ms,response_p50_ms,response_p75_ms,response_p95_ms,response_p99_ms,response_p999_ms,response_p9999_ms,response_max_ms,service_p50_ms,service_p99_ms,service_max_ms,lateness_p99_ms\n");
        foreach (ScenarioSummary scenario in report.Scenarios)
        {
            foreach (StepSummary step in scenario.Steps)
            {
                LatencySummary r = step.Response;
                LatencySummary s = step.Service;
                text.Append(CultureInfo.InvariantCulture, $"{scenario.Name},{step.Name},{step.Ok},{step.Failed},{step.Bytes},{step.PerSecond:0.###},{r.MinMs},{r.MeanMs:0.####},{r.P50Ms},{r.P75Ms},{r.P95Ms},{r.P99Ms},{r.P999Ms},{r.P9999Ms},{r.MaxMs},{s.P50Ms},{s.P99Ms},{s.MaxMs},{scenario.Lateness.P99Ms}\n");
            }
        }

        return text.ToString();
    }

    private static string TimelineOf(LoadReport report)
    {
        var text = new StringBuilder("scenario,second,ok,failed,p50_ms,p99_ms,max_ms,lateness_max_ms\n");
        foreach (ScenarioSummary scenario in report.Scenarios)
        {
            foreach (TimelinePoint point in scenario.Timeline)
                text.Append(CultureInfo.InvariantCulture, $"{scenario.Name},{point.Second},{point.Ok},{point.Failed},{point.P50Ms:0.###},{point.P99Ms:0.###},{point.MaxMs:0.###},{point.LatenessMs:0.###}\n");
        }

        return text.ToString();
    }

    private static string Whole(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}

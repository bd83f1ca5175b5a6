using Broker.LoadTests.Comparison;

namespace Broker.LoadTests.Reports;

/// <summary>One row a mode, of one workload: what all reports show.</summary>
public static class ModeTable
{
    public static IReadOnlyList<string> Headings { get; } =
    [
        "mode", "runs", "p50 ms", "p99 ms", "max ms", "never seen %", "stale %", "useless %", "bytes/s", "IP bytes/s", "packets/s", "bytes per change seen", "CPU µs/s", "CPU µs per change seen", "idle CPU %", "conns/s", "RSS MB", "valid",
    ];

    /// <summary>The workloads that were measured, in their order.</summary>
    public static IReadOnlyList<string> Workloads(LabReport report) => [.. report.Runs.Select(run => run.Workload).Distinct()];

    public static string Title(LabReport report, string workload)
    {
        RunResult run = report.Runs.First(candidate => candidate.Workload == workload);
        string followed = run.TopicsPerConsumer == 1 ? "one" : run.TopicsPerConsumer.ToString(System.Globalization.CultureInfo.InvariantCulture);
        string rates = run.Cells.Count == 1
            ? FormattableString.Invariant($"{run.Cells[0].Cell.ChangesPerSecond:0.###} changes/s of each, polled every {run.Cells[0].Cell.IntervalSeconds:0.###} s")
            : $"{run.Cells.Count} combinations of change rate and interval";
        return $"{workload}: {run.Topics} topics, {run.Consumers} consumers that follow {followed} each; {rates}; payload {run.PayloadBytes} bytes";
    }

    public static IReadOnlyList<IReadOnlyList<string>> Rows(LabReport report, string workload) =>
        [.. Mode.All.Where(mode => report.Of(workload, mode).Count > 0).Select(mode => Row(report, workload, mode))];

    private static IReadOnlyList<string> Row(LabReport report, string workload, Mode mode)
    {
        IReadOnlyList<RunResult> runs = report.Of(workload, mode);
        return
        [
            mode.Id,
            runs.Count.ToString(System.Globalization.CultureInfo.InvariantCulture),
            Of(run => run.All.Awareness.P50Ms),
            Of(run => run.All.Awareness.P99Ms),
            Of(run => run.All.Awareness.MaxMs),
            Of(run => 100 * run.All.SupersededShare),
            Of(run => 100 * run.All.StaleShare),
            mode.IsPush ? "–" : Of(run => 100 * run.All.UselessShare),
            Of(run => run.All.BytesPerConsumerSecond),
            Of(run => run.All.Wire.Segments == 0 ? null : run.All.Wire.IpBytes / run.All.ConsumerSeconds),
            Of(run => run.All.Wire.Segments == 0 ? null : run.All.Wire.Segments / run.All.ConsumerSeconds),
            Of(run => run.BytesPerSeen),
            Of(run => run.CpuMicrosPerConsumerSecond),
            Of(run => run.CpuMicrosPerSeen),
            Of(run => 100 * run.IdleCpuPerSecond),
            Of(run => run.All.Connections / run.All.ConsumerSeconds),
            Of(run => run.ServerBytes / 1048576.0),
            runs.All(run => run.IsValid) ? "yes" : runs.Any(run => run.Contradictions.Count > 0) ? "no" : "late",
        ];

        string Of(Func<RunResult, double?> value) => report.Estimate(workload, mode, value).ToString();
    }
}

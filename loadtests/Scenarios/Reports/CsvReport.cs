using System.Globalization;
using System.Text;
using Broker.LoadTests.Comparison;

namespace Broker.LoadTests.Reports;

/// <summary>runs.csv: one line for each point of each run, nothing rounded, for those who want to reckon themselves.</summary>
public static class CsvReport
{
    private static readonly (string Name, Func<RunResult, CellResult, object?> Value)[] _columns =
    [
        ("workload", (run, _) => run.Workload),
        ("mode", (run, _) => run.Mode),
        ("round", (run, _) => run.Round),
        ("changes_per_second", (_, cell) => cell.Cell.ChangesPerSecond),
        ("interval_seconds", (_, cell) => cell.Cell.IntervalSeconds),
        ("consumers", (_, cell) => cell.Consumers),
        ("topics_per_consumer", (run, _) => run.TopicsPerConsumer),
        ("payload_bytes", (run, _) => run.PayloadBytes),
        ("window_seconds", (run, _) => run.WindowSeconds),
        ("changes", (_, cell) => cell.Changes),
        ("seen", (_, cell) => cell.Seen),
        ("superseded", (_, cell) => cell.Superseded),
        ("missing", (_, cell) => cell.Missing),
        ("repeated", (_, cell) => cell.Repeated),
        ("requests", (_, cell) => cell.Requests),
        ("useless", (_, cell) => cell.Useless),
        ("connections", (_, cell) => cell.Connections),
        ("bytes_in", (_, cell) => cell.Wire.BytesIn),
        ("bytes_out", (_, cell) => cell.Wire.BytesOut),
        ("segments_in", (_, cell) => cell.Wire.SegmentsIn),
        ("segments_out", (_, cell) => cell.Wire.SegmentsOut),
        ("awareness_p50_ms", (_, cell) => cell.Awareness.P50Ms),
        ("awareness_p90_ms", (_, cell) => cell.Awareness.P90Ms),
        ("awareness_p99_ms", (_, cell) => cell.Awareness.P99Ms),
        ("awareness_p999_ms", (_, cell) => cell.Awareness.P999Ms),
        ("awareness_max_ms", (_, cell) => cell.Awareness.MaxMs),
        ("awareness_mean_ms", (_, cell) => cell.Awareness.MeanMs),
        ("stale_share", (_, cell) => cell.StaleShare),
        ("mean_age_seconds", (_, cell) => cell.MeanAgeSeconds),
        ("polls", (_, cell) => cell.Polls.Polls),
        ("polls_useless", (_, cell) => cell.Polls.Useless),
        ("polls_useless_expected", (_, cell) => cell.Polls.ExpectedUseless),
        ("server_cpu_seconds_of_run", (run, _) => run.ServerCpuSeconds),
        ("idle_cpu_per_second_of_run", (run, _) => run.IdleCpuPerSecond),
        ("server_rss_bytes_of_run", (run, _) => run.ServerBytes),
        ("server_rss_bytes_of_consumers_of_run", (run, _) => run.ServerBytesOfConsumers),
        ("generator_cpu_seconds_of_run", (run, _) => run.GeneratorCpuSeconds),
        ("publish_lateness_p99_ms", (run, _) => run.PublishLateness.P99Ms),
        ("poll_lateness_p99_ms", (run, _) => run.PollLateness.P99Ms),
        ("polls_skipped_of_run", (run, _) => run.SkippedPolls),
        ("processors_full", (run, _) => run.IsFull),
        ("valid", (run, _) => run.IsValid),
    ];

    public static string Of(LabReport report)
    {
        var text = new StringBuilder().AppendJoin(',', _columns.Select(column => column.Name)).Append('\n');
        foreach (RunResult run in report.Runs)
        {
            foreach (CellResult cell in run.Cells)
                text.AppendJoin(',', _columns.Select(column => Convert.ToString(column.Value(run, cell), CultureInfo.InvariantCulture))).Append('\n');
        }

        return text.ToString();
    }
}

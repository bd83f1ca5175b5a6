using Broker.LoadTests.Comparison;

namespace Broker.LoadTests.Reports;

/// <summary>A whole comparison: what was run, where, and what came out. It is what run.json holds.</summary>
public sealed record LabReport
{
    public required string Profile { get; init; }

    public required string Broker { get; init; }

    public required string Host { get; init; }

    public string HostMethod { get; init; } = "";

    public required string Command { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public double Seconds { get; init; }

    public int Seed { get; init; }

    public required MachineInfo Machine { get; init; }

    public string Commit { get; init; } = "";

    public string Pinning { get; init; } = "";

    public required IReadOnlyList<RunResult> Runs { get; init; }

    /// <summary>The same with the runs alone whose counts can be believed.</summary>
    public LabReport Believed() => this with { Runs = [.. Runs.Where(run => run.Contradictions.Count == 0)] };

    /// <summary>The same with the runs alone whose times can be believed, too.</summary>
    public LabReport Timely() => this with { Runs = [.. Runs.Where(run => run.IsValid)] };

    /// <summary>The runs of a workload in a mode.</summary>
    public IReadOnlyList<RunResult> Of(string workload, Mode mode) => [.. Runs.Where(run => run.Workload == workload && run.Mode == mode.Id)];

    /// <summary>One run of a workload in a mode; null if there is none.</summary>
    public RunResult? First(string workload, Mode mode) => Runs.FirstOrDefault(run => run.Workload == workload && run.Mode == mode.Id);

    /// <summary>The median of something over the runs of a workload in a mode.</summary>
    public Estimate Estimate(string workload, Mode mode, Func<RunResult, double?> value) =>
        Statistics.Of([.. Of(workload, mode).Select(value).OfType<double>()]);

    /// <summary>How many times more of something one mode takes than another, paired by round, which had the same changes.</summary>
    public Estimate Ratio(string workload, Mode more, Mode less, Func<RunResult, double?> value) =>
        Statistics.Of(
        [
            .. Of(workload, more).Join(Of(workload, less), run => run.Round, run => run.Round, (a, b) => (A: value(a), B: value(b)))
                .Where(pair => pair.A is not null && pair.B is > 0).Select(pair => pair.A!.Value / pair.B!.Value), // both are known here
        ]);
}

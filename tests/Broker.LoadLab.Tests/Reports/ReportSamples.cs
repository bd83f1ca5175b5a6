using Broker.LoadTests.Comparison;
using Broker.LoadTests.Engine;
using Broker.LoadTests.Reports;
using Broker.LoadTests.Wire;

namespace Broker.LoadLab.Tests.Reports;

/// <summary>Reports without a measurement.</summary>
internal static class ReportSamples
{
    public static LabReport Of(params RunResult[] runs) => new()
    {
        Profile = "test",
        Broker = "this broker",
        Host = "built-in engine",
        Command = "dotnet run <compare> & more",
        StartedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Machine = new MachineInfo("Linux", "A processor", 2, 8L << 30, ".NET 10", "0.1 0.2 0.3"),
        Runs = runs,
    };

    /// <summary>Everything that a report may hold, as theory has it.</summary>
    public static LabReport Whole(int rounds = 3)
    {
        var runs = new List<RunResult>();
        for (int round = 0; round < rounds; round++)
        {
            foreach (Mode mode in Mode.All) runs.Add(Run(mode, "modes", round, [new Cell(2, 0.5)], 50, 1));
            foreach (Mode mode in new[] { Mode.PushQos0, Mode.PollHttpEtag }) runs.Add(Run(mode, "map", round, [.. new[] { 1.0, 4, 16, 64 }.SelectMany(rate => new[] { 0.25, 0.5, 1 }.Select(interval => new Cell(rate, interval)))], 24, 1));
            foreach (Mode mode in new[] { Mode.PushChanges, Mode.PollHttpClose, Mode.PollHttpEtag }) runs.Add(Run(mode, "devices", round, [new Cell(0.1, 1)], 100, 5));
            foreach (Mode mode in new[] { Mode.PushQos0, Mode.PushConflated, Mode.PollHttpBatch }) runs.Add(Run(mode, "busy", round, [new Cell(40, 1)], 10, 10));
            foreach (int consumers in new[] { 25, 50 }) runs.Add(Run(Mode.PushQos0, $"consumers-{consumers}", round, [new Cell(1, 1)], consumers, 1));
        }

        return Of([.. runs]);
    }

    public static RunResult Run(Mode mode, string workload, int round, IReadOnlyList<Cell> cells, int consumers, int topics)
    {
        CellResult[] results = [.. cells.Select(cell => Result(mode, cell, consumers / cells.Count, topics, round))];
        CellResult all = results.Length == 1 ? results[0] : results[0] with
        {
            Changes = results.Sum(cell => cell.Changes),
            Seen = results.Sum(cell => cell.Seen),
            ConsumerSeconds = results.Sum(cell => cell.ConsumerSeconds),
            Wire = results.Aggregate(default(WireBytes), (sum, cell) => sum + cell.Wire),
        };
        return new RunResult
        {
            Mode = mode.Id,
            Workload = workload,
            Round = round,
            Topics = 25,
            TopicsPerConsumer = topics,
            Consumers = consumers,
            FanOut = 2,
            PayloadBytes = 16,
            WindowSeconds = 100,
            Cells = results,
            All = all,
            AwarenessCurve = [[0.2, 0.1], [mode.IsPush ? 0.5 : 250, 0.9], [mode.IsPush ? 1 : 500, 1]],
            ServerCpuSeconds = (all.Seen * 20 + all.Requests * 150) * 1e-6,
            IdleCpuPerSecond = 0.005,
            ServerBytes = 80 << 20,
            Timeline = [.. Enumerable.Range(0, 5).Select(second => new TimelinePoint(second, 10, 0, 0.3, 1, 2, 0.1))],
        };
    }

    private static CellResult Result(Mode mode, Cell cell, int consumers, int topics, int round)
    {
        double seconds = 100.0 * consumers;
        long changes = (long)(cell.ChangesPerSecond * seconds * topics);
        long polls = mode.IsPush ? 0 : (long)(seconds * topics / cell.IntervalSeconds);
        long useless = (long)(polls * ClosedForms.UselessShare(cell.ChangesPerPoll));
        long superseded = mode.IsPeriodic ? (long)(changes * ClosedForms.SupersededShare(cell.ChangesPerPoll)) : 0;
        var sums = new PollSums();
        for (int i = 0; i < Math.Min(polls, 2_000); i++) sums.Add(cell.ChangesPerPoll, i < 2_000 * ClosedForms.UselessShare(cell.ChangesPerPoll) ? 0 : Math.Max(1, (int)cell.ChangesPerPoll));
        double awareness = mode.IsPush ? 0.8 + round * 0.1 : cell.IntervalSeconds * 990;
        return new CellResult
        {
            Cell = cell,
            Consumers = consumers,
            ConsumerSeconds = seconds,
            Changes = changes,
            Seen = changes - superseded,
            Superseded = superseded,
            Requests = polls,
            Useless = useless,
            Connections = mode == Mode.PollHttpClose ? polls : 0,
            Wire = mode.IsPush ? new WireBytes(changes * 37, 0, changes, changes) : new WireBytes(useless * 280 + (polls - useless) * 400, polls * 80, polls, polls),
            Awareness = new LatencySummary { Count = 1_000, MinMs = 0.1, P50Ms = awareness / 2, P99Ms = awareness, MaxMs = awareness * 1.1 },
            Polls = sums,
        };
    }
}

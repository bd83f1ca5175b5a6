using System.Globalization;

namespace Broker.LoadTests.Comparison;

/// <summary>Asks of every run whether it can be true: what must never happen, and what chance cannot explain.</summary>
public static class Oracle
{
    /// <summary>Standard deviations that chance is granted. With some fifty comparisons in a report, one in a hundred thousand reports is wrongly refused at five.</summary>
    public const double Deviations = 5;

    /// <summary>Fewer expected events than this on either side, and the normal approximation says nothing.</summary>
    public const double FewestEvents = 10;

    /// <summary>What contradicts the mode's promises or the closed forms.</summary>
    public static IReadOnlyList<string> Contradictions(Mode mode, Workload workload, IReadOnlyList<CellResult> cells, CellResult all, bool isLate)
    {
        var found = new List<string>();
        if (all.Missing > 0) found.Add($"{all.Missing} changes were never learned of");
        if (all.Reordered > 0) found.Add($"{all.Reordered} changes came after a newer one");
        if (all.Repeated > 0 && mode != Mode.PushQos1) found.Add($"{all.Repeated} changes came twice");
        if (!mode.MayConflate && mode != Mode.PushChanges && mode != Mode.LongPoll && all.Superseded > 0) found.Add($"{all.Superseded} changes were left out, and none may be");
        if (all.Seen + all.Superseded + all.Missing != all.Changes) found.Add($"{all.Changes} changes were due, and {all.Seen} + {all.Superseded} + {all.Missing} are accounted for");
        if (all.Awareness.Count > 0 && all.Awareness.MinMs <= 0) found.Add("a change was learned of before it happened");
        if (!mode.IsPeriodic || isLate || workload.Arrivals != Arrivals.Poisson) return found; // the closed forms hold for the others only
        foreach (CellResult cell in cells)
        {
            if (Deviation(Useless(cell.Polls, workload.FanOut)) is { } useless) found.Add(Text(cell, "useless polls", useless));
            if (Deviation(Superseded(cell.Polls, workload.FanOut)) is { } superseded) found.Add(Text(cell, "superseded changes", superseded));
        }

        return found;
    }

    /// <summary>Share of useless polls: measured, expected from the gaps that there were, and its standard deviation; null where there are too few.</summary>
    /// <param name="polls">What was counted.</param>
    /// <param name="fanOut">Consumers of one topic see the same changes, so that they do not count as independent.</param>
    /// <param name="fewest">Fewer expected events than this on either side, and there is nothing to say.</param>
    public static Comparison? Useless(PollSums polls, int fanOut, double fewest = FewestEvents)
    {
        if (polls.Polls == 0 || polls.ExpectedUseless < fewest * fanOut || polls.Polls - polls.ExpectedUseless < fewest * fanOut) return null;
        return new Comparison((double)polls.Useless / polls.Polls, polls.ExpectedUseless / polls.Polls, Math.Sqrt(polls.UselessVariance * fanOut) / polls.Polls);
    }

    /// <summary>Share of changes that a newer one replaced before a poll, in the same way.</summary>
    public static Comparison? Superseded(PollSums polls, int fanOut, double fewest = FewestEvents)
    {
        double seen = polls.Polls - polls.ExpectedUseless;
        double superseded = polls.ExpectedChanges - seen;
        if (superseded < fewest * fanOut || seen < fewest * fanOut || polls.Changes == 0) return null;
        double ratio = seen / polls.ExpectedChanges;
        double variance = polls.UselessVariance + ratio * ratio * polls.ExpectedChanges - 2 * ratio * polls.Covariance;
        return new Comparison(1 - (double)(polls.Polls - polls.Useless) / polls.Changes, 1 - ratio, Math.Sqrt(Math.Max(0, variance) * fanOut) / polls.ExpectedChanges);
    }

    private static Comparison? Deviation(Comparison? comparison) =>
        comparison is { } known && Math.Abs(known.Measured - known.Expected) > Deviations * known.Deviation ? comparison : null;

    private static string Text(CellResult cell, string what, Comparison comparison) => string.Create(
        CultureInfo.InvariantCulture,
        $"{what} at {cell.Cell.ChangesPerSecond:0.##} changes/s and {cell.Cell.IntervalSeconds:0.##} s: {comparison.Measured:0.000} where theory says {comparison.Expected:0.000} ± {comparison.Deviation:0.000}");

    /// <summary>A measured share beside what chance would give.</summary>
    public readonly record struct Comparison(double Measured, double Expected, double Deviation);
}

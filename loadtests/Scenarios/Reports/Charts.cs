using System.Globalization;
using Broker.LoadTests.Comparison;
using Broker.LoadTests.Engine;

namespace Broker.LoadTests.Reports;

/// <summary>The charts of a comparison. Each is made from the runs alone, and left out where they do not have its data.</summary>
public static class Charts
{
    private const string PushColor = "#1971c2";
    private const string PollColor = "#e8590c";
    private const string TheoryColor = "#868e96";

    /// <summary>All charts that the data give, in the order of the questions.</summary>
    public static IReadOnlyList<Chart> Of(LabReport report) =>
        [.. new[] { Distribution(report), AwarenessByInterval(report), EqualFreshness(report), Map(report), Useless(report), Superseded(report), Consumers(report), OverTime(report) }.OfType<Chart>()];

    private static Chart? Distribution(LabReport report)
    {
        (Mode Mode, RunResult Run)[] runs = [.. Mode.All.SelectMany(mode => report.Of("modes", mode).OrderByDescending(run => run.IsValid).Take(1).Select(run => (mode, run))).Where(pair => pair.run.AwarenessCurve.Count > 0)];
        if (runs.Length == 0) return null;
        var plot = new Plot(Axis.Over("milliseconds from the change", runs.SelectMany(pair => pair.Run.AwarenessCurve.Select(point => point[0])), log: true), new Axis("share of changes known", 0, 1));
        foreach ((Mode mode, RunResult run) in runs) plot.Line(mode.Title, mode.Color, run.AwarenessCurve.Select(point => (point[0], point[1])), steps: run.AwarenessCurve.Count < 30);
        return new Chart("awareness", "When is a change known?", plot.ToHtml("Cumulative distribution of the time to awareness by mode"), "From the moment a change was meant to happen until a consumer holds it or a newer one; the further left, the fresher. One round, valid where there is one.");
    }

    private static Chart? AwarenessByInterval(LabReport report)
    {
        RunResult[] poll = [.. report.Of(BreakEvenMap.Workload, Mode.PollHttpEtag)];
        RunResult[] push = [.. report.Of(BreakEvenMap.Workload, Mode.PushQos0)];
        if (poll.Length == 0 || push.Length == 0) return null;
        CellResult[] cells = [.. poll.SelectMany(run => run.Cells).Where(cell => cell.Awareness.Count >= 20)];
        CellResult[] pushed = [.. push.SelectMany(run => run.Cells).Where(cell => cell.Awareness.Count >= 20)];
        var plot = new Plot(
            Axis.Over("seconds between polls", cells.Select(cell => cell.Cell.IntervalSeconds), log: true),
            Axis.Over("p99 to awareness, ms", cells.Concat(pushed).Select(cell => cell.Awareness.P99Ms), log: true));
        foreach (CellResult cell in cells) plot.Dot(cell.Cell.IntervalSeconds, cell.Awareness.P99Ms, PollColor, $"{cell.Cell.ChangesPerSecond} changes/s: p99 {Estimate.Number(cell.Awareness.P99Ms)} ms");
        foreach (CellResult cell in pushed) plot.Dot(cell.Cell.IntervalSeconds, cell.Awareness.P99Ms, PushColor, $"{cell.Cell.ChangesPerSecond} changes/s, pushed: p99 {Estimate.Number(cell.Awareness.P99Ms)} ms");
        double[] intervals = [.. cells.Select(cell => cell.Cell.IntervalSeconds).Distinct().Order()];
        plot.Line("theory: 0.99 of the interval", TheoryColor, intervals.Select(interval => (interval, interval * 990)), dashed: true);
        plot.Legend("polled", PollColor).Legend("pushed (has no interval)", PushColor);
        return new Chart("p99", "What does the interval cost in freshness?", plot.ToHtml("99th percentile of the time to awareness over the polling interval"), "Each dot is a change rate. Polling waits; push does not.");
    }

    private static Chart? EqualFreshness(LabReport report)
    {
        (Mode Mode, double Awareness, double Bytes)[] points =
        [
            .. Mode.All.Select(mode => (mode, report.Estimate("modes", mode, run => run.All.Awareness.P99Ms).Value, report.Estimate("modes", mode, run => run.All.BytesPerConsumerSecond).Value))
                .Where(point => double.IsFinite(point.Item2)),
        ];
        RunResult? poll = report.First("modes", Mode.PollHttpEtag);
        if (points.Length == 0 || poll is null || poll.All.Requests == 0) return null;
        double perRequest = (double)poll.All.Wire.Bytes / poll.All.Requests;
        double least = points.Min(point => point.Awareness) / 1.3;
        double most = points.Max(point => point.Awareness) * 1.3;
        double[] targets = [.. Enumerable.Range(0, 40).Select(index => least * Math.Pow(most / least, index / 39.0))];
        var plot = new Plot(
            Axis.Over("p99 to awareness, ms", points.Select(point => point.Awareness), log: true),
            Axis.Over("bytes/s of one consumer", points.Select(point => point.Bytes).Append(perRequest / (least / 990)), log: true));
        plot.Line("polling as often as that takes (ETag)", TheoryColor, targets.Select(target => (target, perRequest / (target / 990))), dashed: true);
        foreach ((Mode mode, double awareness, double bytes) in points)
            plot.Dot(awareness, bytes, mode.Color, $"{mode.Title}: p99 {Estimate.Number(awareness)} ms for {Estimate.Number(bytes)} bytes/s").Legend(mode.Title, mode.Color);
        return new Chart("freshness", "What does freshness cost?", plot.ToHtml("Bytes per second over 99th percentile of the time to awareness"), "Down and left is better. The line is what a poller would have to pay to be as fresh.");
    }

    private static Chart? Map(LabReport report)
    {
        if (BreakEvenMap.Of(report) is not { } map || map.Rates.Count < 2 || map.Intervals.Count < 2) return null;
        (Axis x, Func<double, (double, double)> column) = Columns("seconds between polls", map.Intervals);
        (Axis y, Func<double, (double, double)> row) = Columns("changes per second", map.Rates);
        var plot = new Plot(x, y);
        foreach (BreakEvenMap.Point point in map.Points)
        {
            (double left, double right) = column(point.Cell.IntervalSeconds);
            (double low, double high) = row(point.Cell.ChangesPerSecond);
            string ratio = point.PushIsCheaper ? Short(point.BytesRatio) : Short(1 / point.BytesRatio);
            string title = string.Create(
                CultureInfo.InvariantCulture,
                $"{point.Cell.ChangesPerSecond} changes/s, polled every {point.Cell.IntervalSeconds} s: push {point.Push.BytesPerConsumerSecond:0} bytes/s, poll {point.Poll.BytesPerConsumerSecond:0} bytes/s");
            plot.Tile(left, right, low, high, point.PushIsCheaper ? PushColor : PollColor, ratio + "×", title);
        }

        double[] intervals = [.. Enumerable.Range(0, 30).Select(index => x.Min * Math.Pow(x.Max / x.Min, index / 29.0))];
        plot.Line("break-even by the measured sizes", "#212529", intervals.Select(interval => (interval, map.BreakEven(interval))).Where(point => point.Item2 >= y.Min && point.Item2 <= y.Max));
        plot.Legend("push moves fewer bytes", PushColor).Legend("polling (ETag) moves fewer bytes", PollColor);
        return new Chart("map", "Which is cheaper, where?", plot.ToHtml("Break-even map over change rate and polling interval"), "The number says how many times fewer bytes the cheaper one moves. Polling is cheaper only where it leaves changes out.");
    }

    private static Chart? Useless(LabReport report) => Theory(
        report, "useless", "Useless polls: theory and measurement", "share of polls without news", ClosedForms.UselessShare, Oracle.Useless, "e^-r", "r is changes per poll. Bars are two standard deviations of chance.");

    private static Chart? Superseded(LabReport report) => Theory(
        report, "superseded", "Changes that a poller never sees", "share of changes", ClosedForms.SupersededShare, Oracle.Superseded, "1 - (1 - e^-r) / r", "The same curve is the share of time that the polled value is stale.");

    private static Chart? Theory(LabReport report, string id, string title, string axis, Func<double, double> theory, Func<PollSums, int, double, Oracle.Comparison?> measured, string formula, string note)
    {
        if (BreakEvenMap.Of(report) is not { } map) return null;
        // Points with the same number of changes per poll are one point: nothing else matters to theory.
        (double R, Oracle.Comparison Value)[] points =
        [
            .. map.Points.GroupBy(point => Math.Round(point.Cell.ChangesPerPoll, 6)).Select(group =>
            {
                var polls = new PollSums();
                foreach (BreakEvenMap.Point point in group) polls.Add(point.Poll.Polls);
                return (R: group.Key, Value: measured(polls, 1, 1));
            }).Where(point => point.Value is not null).OrderBy(point => point.R).Select(point => (point.R, point.Value!.Value)),
        ];
        if (points.Length == 0) return null;
        var plot = new Plot(Axis.Over("changes per poll, r", points.Select(point => point.R), log: true), new Axis(axis, 0, 1));
        double[] curve = [.. Enumerable.Range(0, 60).Select(index => points.Min(point => point.R) / 1.3 * Math.Pow(points.Max(point => point.R) * 1.69 / points.Min(point => point.R), index / 59.0))];
        plot.Line("theory: " + formula, TheoryColor, curve.Select(r => (r, theory(r))));
        foreach ((double r, Oracle.Comparison value) in points)
            plot.Dot(r, value.Measured, PollColor, $"{Estimate.Number(r)} changes per poll: {Estimate.Number(value.Measured)}, theory {Estimate.Number(value.Expected)}", value.Measured - 2 * value.Deviation, value.Measured + 2 * value.Deviation);
        plot.Legend("measured", PollColor);
        return new Chart(id, title, plot.ToHtml(title), note);
    }

    private static Chart? Consumers(LabReport report)
    {
        string[] workloads = [.. report.Runs.Select(run => run.Workload).Where(name => name.StartsWith("consumers-", StringComparison.Ordinal)).Distinct()];
        if (workloads.Length < 2) return null;
        var series = new List<(Mode Mode, (double X, double Y)[] Points)>();
        foreach (Mode mode in Mode.All)
        {
            (double, double)[] points =
                [.. workloads.Where(name => report.Of(name, mode).Count > 0).Select(name => ((double)report.Of(name, mode)[0].Consumers, report.Estimate(name, mode, run => 100 * run.ServerCpuSeconds / run.WindowSeconds).Value)).OrderBy(point => point.Item1)];
            if (points.Length > 0) series.Add((mode, points));
        }

        var plot = new Plot(Axis.Over("consumers", series.SelectMany(one => one.Points.Select(point => point.X)), from: 0), Axis.Over("server CPU, % of a core", series.SelectMany(one => one.Points.Select(point => point.Y)), from: 0));
        foreach ((Mode mode, (double X, double Y)[] points) in series)
        {
            plot.Line(mode.Title, mode.Color, points);
            foreach ((double px, double py) in points) plot.Dot(px, py, mode.Color, $"{mode.Title}, {px} consumers: {Estimate.Number(py)} %");
        }

        return new Chart("cpu", "What do more consumers cost the server?", plot.ToHtml("Server CPU over consumers"), "Each consumer follows one topic with one change a second; pollers ask once a second.");
    }

    private static Chart? OverTime(LabReport report)
    {
        RunResult? push = report.Of(BreakEvenMap.Workload, Mode.PushQos0).FirstOrDefault(run => run.Timeline.Count >= 3);
        if (push is null) return null;
        TimelinePoint[] points = [.. push.Timeline.SkipLast(1)]; // the last second is not a whole one
        var plot = new Plot(new Axis("second of the run", 0, Math.Max(1, points[^1].Second)), Axis.Over("milliseconds", points.SelectMany(point => new[] { point.P50Ms, point.MaxMs }), log: true));
        plot.Line("longest time to awareness", "#c92a2a", points.Select(point => ((double)point.Second, point.MaxMs)).Where(point => point.MaxMs > 0));
        plot.Line("99 %", "#f08c00", points.Select(point => ((double)point.Second, point.P99Ms)).Where(point => point.P99Ms > 0));
        plot.Line("median", PushColor, points.Select(point => ((double)point.Second, point.P50Ms)).Where(point => point.P50Ms > 0));
        return new Chart("timeline", "Push, second by second", plot.ToHtml("Time to awareness over the run"), $"QoS 0 on the map's workload. A stall of broker or generator would stand out; changes were published at most {Estimate.Number(push.PublishLateness.P99Ms)} ms late (p99).");
    }

    /// <summary>An axis of columns around geometrically spaced values.</summary>
    private static (Axis Axis, Func<double, (double From, double To)> Column) Columns(string title, IReadOnlyList<double> values)
    {
        double[] edges = [values[0] / Math.Sqrt(values[1] / values[0]), .. values.Zip(values.Skip(1), (a, b) => Math.Sqrt(a * b)), values[^1] * Math.Sqrt(values[^1] / values[^2])];
        return (new Axis(title, edges[0], edges[^1], IsLog: true), value => (edges[values.ToList().IndexOf(value)], edges[values.ToList().IndexOf(value) + 1]));
    }

    private static string Short(double ratio) => ratio >= 10 ? ratio.ToString("0", CultureInfo.InvariantCulture) : ratio.ToString("0.0", CultureInfo.InvariantCulture);
}

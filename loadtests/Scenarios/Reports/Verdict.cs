using System.Globalization;
using Broker.LoadTests.Comparison;

namespace Broker.LoadTests.Reports;

/// <summary>What the numbers say, in sentences that are computed from them and name where they hold.</summary>
public static class Verdict
{
    public static IReadOnlyList<string> Of(LabReport report)
    {
        var sentences = new List<string>();
        sentences.AddRange(Validity(report));
        LabReport believed = report.Believed();
        sentences.AddRange(Freshness(report, report.Timely()));
        sentences.AddRange(SeedCase(believed));
        sentences.AddRange(Line(believed));
        sentences.AddRange(PollingWins(believed));
        return sentences;
    }

    private static IEnumerable<string> Validity(LabReport report)
    {
        int contradicted = report.Runs.Count(run => run.Contradictions.Count > 0);
        int late = report.Runs.Count(run => run.IsLate);
        yield return contradicted == 0 && late == 0
            ? Text($"All {report.Runs.Count} runs are valid: nothing contradicts the theory, and the generator kept its times.")
            : Text($"Of {report.Runs.Count} runs, {contradicted} are contradicted by theory or by themselves and not to be believed; in {late} the generator was late, so that their times mean little.");
        int full = report.Runs.Count(run => run.IsFull);
        if (full > 0) yield return Text($"In {full} of {report.Runs.Count} runs broker or generator used more than 90 % of the processors that they had: times of those are of a system at its limit.");
    }

    private static IEnumerable<string> Freshness(LabReport whole, LabReport report)
    {
        RunResult? poll = report.First("modes", Mode.PollHttpEtag);
        if (new[] { Mode.PushQos0, Mode.PollHttpEtag }.All(mode => whole.Of("modes", mode).Count > 0) && new[] { Mode.PushQos0, Mode.PollHttpEtag }.Any(mode => report.Of("modes", mode).Count == 0))
            yield return "Freshness: not told, because no run of push or none of polling has times that can be believed. Measure again on a quiet machine.";
        Estimate push = report.Estimate("modes", Mode.PushQos0, run => run.All.Awareness.P99Ms);
        if (poll is null || !push.IsKnown) yield break;
        Cell cell = poll.All.Cell;
        Estimate pollAwareness = report.Estimate("modes", Mode.PollHttpEtag, run => run.All.Awareness.P99Ms);
        yield return Text($"Freshness ({cell.ChangesPerSecond:0.##} changes/s, polled every {cell.IntervalSeconds:0.##} s): 99 % of changes are known after {push} ms when pushed and after {pollAwareness} ms when polled; polling never sees {report.Estimate("modes", Mode.PollHttpEtag, run => 100 * run.All.SupersededShare)} % of them, push none.");
        double perRequest = poll.All.Requests > 0 ? (double)poll.All.Wire.Bytes / poll.All.Requests : double.NaN;
        double pushBytes = report.Estimate("modes", Mode.PushQos0, run => run.All.BytesPerConsumerSecond).Value;
        double wanted = push.Value / 1000 / 0.99;
        yield return Text($"Cost at equal freshness: to know 99 % of changes within {Estimate.Number(push.Value)} ms, a poller would have to ask every {Estimate.Number(wanted * 1000)} ms, which at {Estimate.Number(perRequest)} bytes a poll is {Estimate.Number(perRequest / wanted / 1000)} kB/s for each consumer: {Estimate.Number(perRequest / wanted / pushBytes)} times what push moves.");
    }

    private static IEnumerable<string> SeedCase(LabReport report)
    {
        RunResult? run = report.First("devices", Mode.PollHttpClose);
        Estimate bytes = report.Ratio("devices", Mode.PollHttpClose, Mode.PushChanges, r => r.All.Wire.Bytes);
        if (run is null || !bytes.IsKnown) yield break;
        Estimate network = report.Ratio("devices", Mode.PollHttpClose, Mode.PushChanges, r => r.All.Wire.IpBytes);
        Estimate cpu = report.Ratio("devices", Mode.PollHttpClose, Mode.PushChanges, r => r.CpuMicrosPerConsumerSecond);
        Estimate idle = report.Estimate("devices", Mode.PushChanges, r => r.ServerCpuSeconds > 0 ? Math.Min(100, 100 * r.IdleCpuPerSecond.GetValueOrDefault() * r.WindowSeconds / r.ServerCpuSeconds.Value) : null);
        Estimate kept = report.Ratio("devices", Mode.PollHttpEtag, Mode.PushChanges, r => r.All.Wire.Bytes);
        yield return Text($"Many devices, many clients, a connection for every request ({run.Topics} devices at {run.All.Cell.ChangesPerSecond:0.##} changes/s, {run.Consumers} clients that follow {run.TopicsPerConsumer} each and ask every {run.All.Cell.IntervalSeconds:0.##} s): change-only push moves {bytes} times fewer bytes ({network} times fewer with TCP/IP headers) and takes {cpu} times less server CPU; {idle} % of what push takes is what the broker takes with nothing to do. With kept connections and ETags polling still moves {kept} times as many bytes as push.");
    }

    private static IEnumerable<string> Line(LabReport report)
    {
        if (BreakEvenMap.Of(report) is not { } map || map.Points.Count == 0) yield break;
        int push = map.Points.Count(point => point.PushIsCheaper);
        string where = string.Join(", ", map.Intervals.Select(interval => Text($"{Estimate.Number(map.BreakEven(interval))} changes/s at {interval:0.###} s")));
        double perPoll = map.BreakEven(1);
        yield return Text($"Break-even by bytes (payload {report.Runs[0].PayloadBytes} bytes; a message is {Estimate.Number(map.MessageBytes)} bytes, a poll {Estimate.Number(map.UnchangedBytes)} without and {Estimate.Number(map.FreshBytes)} with news): push moves less below {Estimate.Number(perPoll)} changes per poll, that is below {where}. Above, polling moves less, because it leaves changes out. Measured: push cheaper at {push} of {map.Points.Count} points.");
        // Many messages and many polls, so that idling weighs little in either.
        double message = report.Estimate("busy", Mode.PushQos0, run => run.CpuMicrosPerSeen).Value;
        double poll = report.Estimate("modes", Mode.PollHttpEtag, run => run.All.Requests > 0 ? run.ServerCpuSeconds * 1e6 / run.All.Requests : null).Value;
        if (message > 0 && poll > 0)
            yield return Text($"Break-even by server CPU: a change pushed takes {Estimate.Number(message)} µs, a poll over a kept connection {Estimate.Number(poll)} µs, so push takes less below {Estimate.Number(poll / message)} changes per poll.");
    }

    private static IEnumerable<string> PollingWins(LabReport report)
    {
        RunResult? run = report.First("busy", Mode.PollHttpBatch);
        Estimate bytes = report.Ratio("busy", Mode.PushQos0, Mode.PollHttpBatch, r => r.All.Wire.Bytes);
        if (run is null || !bytes.IsKnown) yield break;
        Estimate cpu = report.Ratio("busy", Mode.PushQos0, Mode.PollHttpBatch, r => r.CpuMicrosPerConsumerSecond);
        Estimate conflated = report.Ratio("busy", Mode.PollHttpBatch, Mode.PushConflated, r => r.All.Wire.Bytes);
        string winner = bytes.Value > 1 ? "polling wins" : "polling does not win even here";
        string server = cpu.IsKnown ? Text($" and {cpu} times the server CPU") : "";
        yield return Text($"Where {winner} ({run.All.Cell.ChangesPerSecond:0.##} changes/s of each of {run.TopicsPerConsumer} topics, needed once in {run.All.Cell.IntervalSeconds:0.##} s, one request for all): push of every change takes {bytes} times the bytes{server} of the polls. Push that is held to the same pace (min-interval) moves {conflated} times fewer bytes than the polls.");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using Broker.LoadTests.Comparison;
using Broker.LoadTests.Reports;

namespace Broker.LoadLab.Tests.Reports;

public sealed class VerdictTests
{
    private static readonly string _text = string.Join("\n", Verdict.Of(ReportSamples.Whole()));

    [Fact]
    public void It_names_for_many_devices_and_clients_how_many_times_less_push_needs()
    {
        // 5 topics a consumer: 5 polls/s of 360 or 480 bytes against 0.5 changes/s of 37 bytes; 5 * 150 µs and 0.5 * 20 µs.
        Assert.Contains("Many devices, many clients, a connection for every request (25 devices at 0.1 changes/s, 100 clients that follow 5 each and ask every 1 s): change-only push moves 100 ", _text, StringComparison.Ordinal);
        Assert.Contains("takes 76.0 [76.0–76.0] times less server CPU", _text, StringComparison.Ordinal);
    }

    [Fact]
    public void It_names_where_polling_wins_and_what_push_at_the_same_pace_needs()
    {
        Assert.Contains("Where polling wins (40 changes/s of each of 10 topics", _text, StringComparison.Ordinal);
        Assert.Contains("min-interval", _text, StringComparison.Ordinal);
    }

    [Fact]
    public void It_draws_the_line_in_changes_per_poll_and_for_every_interval()
    {
        BreakEvenMap map = BreakEvenMap.Of(ReportSamples.Whole())!;

        Assert.Equal(37, map.MessageBytes, 1e-6);
        Assert.Equal(360, map.UnchangedBytes, 2);
        Assert.Equal(480, map.FreshBytes, 2);
        Assert.Contains($"push moves less below {Estimate.Number(map.BreakEven(1))} changes per poll", _text, StringComparison.Ordinal);
        Assert.Contains("Break-even by server CPU: a change pushed takes 20.0 µs, a poll over a kept connection", _text, StringComparison.Ordinal);
    }

    [Fact]
    public void It_compares_cost_at_equal_freshness() => Assert.Contains("Cost at equal freshness: to know 99 % of changes within 0.900 ms", _text, StringComparison.Ordinal);

    [Fact]
    public void It_begins_with_whether_the_runs_can_be_believed()
    {
        RunResult good = ReportSamples.Run(Mode.PushQos0, "modes", 0, [new Cell(2, 0.5)], 50, 1);

        Assert.StartsWith("All 2 runs are valid", Verdict.Of(ReportSamples.Of(good, good))[0], StringComparison.Ordinal);
        Assert.StartsWith("Of 2 runs, 1 are contradicted", Verdict.Of(ReportSamples.Of(good, good with { Contradictions = ["lost"] }))[0], StringComparison.Ordinal);
        Assert.Contains("in 1 the generator was late", Verdict.Of(ReportSamples.Of(good, good with { IsLate = true }))[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Times_of_a_late_generator_are_not_told_and_its_bytes_are()
    {
        LabReport whole = ReportSamples.Whole();
        LabReport late = whole with { Runs = [.. whole.Runs.Select(run => run with { IsLate = run.Mode == Mode.PushQos0.Id })] };

        IReadOnlyList<string> sentences = Verdict.Of(late);

        Assert.Contains(sentences, sentence => sentence.StartsWith("Freshness: not told", StringComparison.Ordinal));
        Assert.DoesNotContain(sentences, sentence => sentence.Contains("when pushed", StringComparison.Ordinal));
        Assert.Contains(sentences, sentence => sentence.StartsWith("Break-even by bytes", StringComparison.Ordinal));
    }

    [Fact]
    public void A_run_that_is_contradicted_is_in_no_sentence_but_the_first()
    {
        LabReport whole = ReportSamples.Whole();
        LabReport contradicted = whole with { Runs = [.. whole.Runs.Select(run => run with { Contradictions = run.Mode == Mode.PollHttpClose.Id ? ["lost"] : [] })] };

        Assert.DoesNotContain(Verdict.Of(contradicted), sentence => sentence.StartsWith("Many devices", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(95.0, 1, 10.0, 1, true)]
    [InlineData(10.0, 1, 95.0, 1, true)]
    [InlineData(95.0, 2, 95.0, 2, false)]
    [InlineData(95.0, 0, 10.0, 1, false)] // a broker whose processors nobody knows
    public void Full_processors_are_told(double broker, int brokerProcessors, double generator, int generatorProcessors, bool told)
    {
        RunResult run = ReportSamples.Run(Mode.PushQos0, "modes", 0, [new Cell(2, 0.5)], 50, 1) with
        {
            ServerCpuSeconds = broker,
            BrokerProcessors = brokerProcessors,
            GeneratorCpuSeconds = generator,
            GeneratorProcessors = generatorProcessors,
        };

        Assert.Equal(told, Verdict.Of(ReportSamples.Of(run)).Any(sentence => sentence.StartsWith("In 1 of 1 runs broker or generator used more than 90 %", StringComparison.Ordinal)));
    }

    [Fact]
    public void It_says_nothing_of_what_was_not_measured() =>
        Assert.Single(Verdict.Of(ReportSamples.Of(ReportSamples.Run(Mode.PushQos1, "other", 0, [new Cell(2, 0.5)], 50, 1))));
}

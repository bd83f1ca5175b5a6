using Broker.LoadTests.Engine;

namespace Broker.LoadLab.Tests.Engine;

public sealed class ThresholdTests
{
    [Theory]
    [InlineData("deliver p99 < 50", true)]
    [InlineData("deliver p99 < 40", false)]
    [InlineData("deliver p99 <= 40 ms", true)]
    [InlineData("deliver p99 < 39.9", false)]
    [InlineData("deliver p50 > 20", false)]
    [InlineData("deliver p50 >= 20", true)]
    [InlineData("deliver mean<30", true)]
    [InlineData("deliver max <= 100", true)]
    [InlineData("deliver errors < 1 %", false)]
    [InlineData("deliver errors <= 1 %", true)]
    [InlineData("deliver ok >= 99", true)]
    [InlineData("deliver failed < 1", false)]
    [InlineData("deliver rate > 9", true)]
    [InlineData("nothing failed <= 0", false)]
    public void A_threshold_holds_below_at_or_above_its_limit(string text, bool holds)
    {
        ThresholdResult result = Threshold.Parse(text).Check(_summary);

        Assert.Equal(holds, result.Holds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("deliver p99")]
    [InlineData("deliver p98 < 5")]
    [InlineData("deliver p99 = 5")]
    [InlineData("deliver p99 < fast")]
    public void What_is_no_threshold_is_refused_with_what_one_looks_like(string text)
    {
        FormatException exception = Assert.Throws<FormatException>(() => Threshold.Parse(text));

        Assert.Contains("deliver p99 < 50", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("deliver p99 < 50")]
    [InlineData("publish errors <= 0.1")]
    [InlineData("a-b rate >= 1000")]
    public void A_threshold_is_written_as_it_was_read(string text) => Assert.Equal(text, Threshold.Parse(text).ToString());

    [Fact]
    public void Exit_codes_say_good_broken_and_not_to_be_believed()
    {
        Assert.Equal(LoadExitCode.Success, Judge("deliver p99 < 50").ExitCode);
        Assert.Equal(LoadExitCode.ThresholdFailed, Judge("deliver p99 < 10").ExitCode);
        Assert.Equal(LoadExitCode.ThresholdFailed, Judge("deliver p99 < 50", "deliver p99 < 10").ExitCode);
        Assert.Equal(LoadExitCode.Invalid, (Judge("deliver p99 < 50") with { Doubts = ["late"] }).ExitCode);
    }

    [Theory]
    [InlineData(2.0, 1, false)]
    [InlineData(2.1, 1, true)]
    [InlineData(4.9, 100, false)]
    [InlineData(5.1, 100, true)]
    public void Lateness_is_judged_against_two_milliseconds_or_a_twentieth_of_the_response(double lateness, double response, bool late) =>
        Assert.Equal(late, ThresholdGate.IsLate(lateness, response));

    [Fact]
    public void A_closed_model_has_no_schedule_to_be_late_for()
    {
        LoadReport report = ThresholdGate.Judge(new LoadReport("test", [_summary with { IsOpen = false, Lateness = new LatencySummary { P99Ms = 500 } }]), []);

        Assert.Empty(report.Doubts);
    }

    private static readonly ScenarioSummary _summary = new()
    {
        Name = "one-to-one",
        IsOpen = true,
        Steps =
        [
            new StepSummary
            {
                Name = "deliver",
                Ok = 99,
                Failed = 1,
                PerSecond = 10,
                Response = new LatencySummary { Count = 99, MeanMs = 21, P50Ms = 20, P99Ms = 40, MaxMs = 100 },
            },
        ],
    };

    private static LoadReport Judge(params string[] thresholds)
    {
        var scenario = new LoadScenario("one-to-one", _ => Task.FromResult(LoadResult.Ok())) { Thresholds = [.. thresholds.Select(Threshold.Parse)] };
        return ThresholdGate.Judge(new LoadReport("test", [_summary]), [scenario]);
    }
}

using Broker.LoadTests.Engine;
using Broker.LoadTests.Loads;

namespace Broker.LoadLab.Tests.Loads;

public sealed class CapacityTests
{
    [Fact]
    public async Task The_knee_lies_between_the_last_load_that_holds_and_the_first_that_does_not()
    {
        CapacityResult result = await FindAsync(breaksAt: 11);

        Assert.InRange(result.Good, 10, 11);
        Assert.InRange(result.Bad, 11, 12);
        Assert.Equal("deliver p99 < 50 does not hold (99)", result.Reason);
        Assert.Equal([1, 2, 4, 8, 16, 12, 10, 11], result.Steps.Select(step => step.Load));
    }

    [Fact]
    public async Task Without_a_knee_it_stops_at_the_most()
    {
        CapacityResult result = await FindAsync(breaksAt: 1_000);

        Assert.Equal(32, result.Good);
        Assert.Null(result.Reason);
    }

    [Fact]
    public async Task A_load_that_never_holds_has_no_knee()
    {
        CapacityResult result = await FindAsync(breaksAt: 0.5);

        Assert.Equal(0, result.Good);
        Assert.Single(result.Steps);
        Assert.NotNull(result.Reason);
    }

    [Fact]
    public async Task The_knee_is_named_with_its_load_and_what_broke()
    {
        Assert.Equal("Knee: 1,000 per second (× 10.0) hold, × 11.0 does not: deliver p99 < 50 does not hold (99)", (await FindAsync(breaksAt: 10.5)).Sentence);
        Assert.Equal("No knee up to × 32.0: 3,200 per second (× 32.0) hold.", (await FindAsync(breaksAt: 1_000)).Sentence);
        Assert.Equal("Not even the usual load holds: deliver p99 < 50 does not hold (99)", (await FindAsync(breaksAt: 0.5)).Sentence);
    }

    [Fact]
    public async Task What_the_generator_cannot_make_is_not_called_the_knee_of_the_broker()
    {
        CapacityResult result = await Capacity.FindAsync(load => Task.FromResult(Late(Outcome(load, load < 3), load >= 3)), most: 32, _ => { });

        Assert.True(result.IsOfGenerator);
        Assert.StartsWith("No knee of the broker found: 275 per second (× 2.75) hold, and × 3.00 is more than the generator makes here: late", result.Sentence, StringComparison.Ordinal);
        Assert.False((await FindAsync(breaksAt: 3)).IsOfGenerator);

        static LoadOutcome Late(LoadOutcome outcome, bool late) => late ? outcome with { Report = outcome.Report with { Doubts = ["late"] } } : outcome;
    }

    [Theory]
    [InlineData(0, 0.0)]
    [InlineData(1_000, 0.5)]
    public void Growth_is_from_the_second_quarter_to_the_last(int step, double least)
    {
        long[] resident = [.. Enumerable.Range(0, 40).Select(sample => 20_000L + sample * step)];

        double growth = Soak.Growth(resident)!.Value;

        Assert.InRange(growth, least, least + 0.5);
    }

    [Fact]
    public void Too_few_samples_say_nothing_about_memory() => Assert.Null(Soak.Growth([1, 2, 3]));

    private static Task<CapacityResult> FindAsync(double breaksAt) => Capacity.FindAsync(load => Task.FromResult(Outcome(load, load < breaksAt)), most: 32, _ => { });

    private static LoadOutcome Outcome(double load, bool holds)
    {
        var threshold = Threshold.Parse("deliver p99 < 50");
        var summary = new ScenarioSummary { Name = "test", Steps = [new StepSummary { Name = "deliver", PerSecond = load * 100, Response = new LatencySummary { P99Ms = holds ? 1 : 99 } }] };
        return new LoadOutcome("test", new LoadSettings { Load = load }, new LoadReport("test", [summary]) { Thresholds = [threshold.Check(summary)] }, []);
    }
}

using Broker.LoadTests.Engine;

namespace Broker.LoadLab.Tests.Engine;

public sealed class ArrivalTests
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(1)]
    [InlineData(137)]
    [InlineData(2_500)]
    public async Task The_rate_is_kept_within_one_percent(int rate)
    {
        var time = new VirtualScheduler();

        ScenarioSummary summary = (await time.RunAsync(Instant(new LoadPhase.Inject(rate, _second, TimeSpan.FromSeconds(60))))).Scenarios[0];

        Assert.Equal(rate * 60, summary.Started);
        Assert.InRange(summary.Step("work")!.PerSecond, rate * 0.99, rate * 1.01);
    }

    [Fact]
    public async Task Arrivals_that_come_while_the_generator_stands_still_are_made_up_for()
    {
        var time = new VirtualScheduler();
        int iteration = 0;
        var scenario = new LoadScenario("work", context => context.StepAsync("work", () =>
        {
            if (++iteration == 10) time.Stall(TimeSpan.FromSeconds(3));
            return Task.FromResult(LoadResult.Ok());
        }))
        {
            Phases = [new LoadPhase.Inject(50, _second, TimeSpan.FromSeconds(10))],
        };

        ScenarioSummary summary = (await time.RunAsync(scenario)).Scenarios[0];

        Assert.Equal(500, summary.Started);
        Assert.InRange(summary.Step("work")!.PerSecond, 49.5, 50.5);
    }

    [Fact]
    public void A_ramp_starts_as_many_iterations_as_its_integral()
    {
        TimeSpan[] arrivals = [.. ArrivalSchedule.Of(new LoadPhase.RampingInject(100, _second, TimeSpan.FromSeconds(10)), before: 0, ArrivalSpacing.Even, new Random(1))];

        Assert.Equal(500, arrivals.Length);
        Assert.InRange(arrivals.Count(arrival => arrival < TimeSpan.FromSeconds(5)), 124, 126);
        Assert.True(arrivals.SequenceEqual(arrivals.Order()));
    }

    [Fact]
    public void A_ramp_goes_on_from_the_rate_of_the_phase_before_and_may_go_down()
    {
        TimeSpan[] arrivals = [.. ArrivalSchedule.Of(new LoadPhase.RampingInject(50, _second, TimeSpan.FromSeconds(10)), before: 200, ArrivalSpacing.Even, new Random(1))];

        Assert.Equal(1_250, arrivals.Length);
        Assert.InRange(arrivals.Count(arrival => arrival < TimeSpan.FromSeconds(5)), 811, 814);
    }

    [Fact]
    public async Task Phases_follow_each_other_and_a_pause_starts_nothing()
    {
        var time = new VirtualScheduler();
        var starts = new List<TimeSpan>();
        var scenario = new LoadScenario("work", _ =>
        {
            starts.Add(time.Now);
            return Task.FromResult(LoadResult.Ok());
        })
        {
            Phases =
            [
                new LoadPhase.Inject(10, _second, TimeSpan.FromSeconds(2)),
                new LoadPhase.Pause(TimeSpan.FromSeconds(5)),
                new LoadPhase.Inject(4, _second, TimeSpan.FromSeconds(1)),
            ],
        };

        await time.RunAsync(scenario);

        Assert.Equal(24, starts.Count);
        Assert.DoesNotContain(starts, start => start >= TimeSpan.FromSeconds(2) && start < TimeSpan.FromSeconds(7));
        Assert.Equal(TimeSpan.FromSeconds(7), starts[20]);
    }

    [Theory]
    [InlineData(ArrivalSpacing.Uniform)]
    [InlineData(ArrivalSpacing.Even)]
    public void Every_interval_has_its_exact_number(ArrivalSpacing spacing)
    {
        TimeSpan[] arrivals = [.. ArrivalSchedule.Of(new LoadPhase.Inject(20, _second, TimeSpan.FromSeconds(30)), 0, spacing, new Random(7))];

        Assert.All(Enumerable.Range(0, 30), second => Assert.Equal(20, arrivals.Count(arrival => (int)arrival.TotalSeconds == second)));
    }

    [Fact]
    public void Poisson_arrivals_have_the_rate_and_the_spread_of_chance()
    {
        TimeSpan[] arrivals = [.. ArrivalSchedule.Of(new LoadPhase.Inject(100, _second, TimeSpan.FromSeconds(100)), 0, ArrivalSpacing.Poisson, new Random(7))];

        int[] seconds = [.. Enumerable.Range(0, 100).Select(second => arrivals.Count(arrival => (int)arrival.TotalSeconds == second))];
        double mean = seconds.Average();
        double variance = seconds.Sum(count => (count - mean) * (count - mean)) / (seconds.Length - 1);
        Assert.InRange(arrivals.Length, 9_600, 10_400);
        Assert.InRange(variance / mean, 0.5, 1.6);
    }

    [Fact]
    public void Random_rates_stay_between_their_bounds()
    {
        TimeSpan[] arrivals = [.. ArrivalSchedule.Of(new LoadPhase.InjectRandom(5, 15, _second, TimeSpan.FromSeconds(50)), 0, ArrivalSpacing.Even, new Random(3))];

        int[] seconds = [.. Enumerable.Range(0, 50).Select(second => arrivals.Count(arrival => (int)arrival.TotalSeconds == second))];
        Assert.All(seconds, count => Assert.InRange(count, 5, 15));
        Assert.True(seconds.Distinct().Count() > 3);
    }

    [Fact]
    public void A_number_of_iterations_can_be_injected()
    {
        TimeSpan[] arrivals = [.. ArrivalSchedule.Of(new LoadPhase.IterationsForInject(10, _second, 37), 0, ArrivalSpacing.Even, new Random(3))];

        Assert.Equal(37, arrivals.Length);
        Assert.Equal(TimeSpan.FromSeconds(3.6), arrivals[^1]);
    }

    internal static LoadScenario Instant(params LoadPhase[] phases) =>
        new("work", context => context.StepAsync("work", () => Task.FromResult(LoadResult.Ok()))) { Phases = phases };
}

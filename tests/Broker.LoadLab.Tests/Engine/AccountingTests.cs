using Broker.LoadTests.Engine;

namespace Broker.LoadLab.Tests.Engine;

public sealed class AccountingTests
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);
    private static readonly LoadPhase _tenPerSecond = new LoadPhase.Inject(10, _second, TimeSpan.FromSeconds(5));

    [Fact]
    public async Task Iterations_that_do_not_end_are_counted_as_stragglers_and_not_dropped()
    {
        var time = new VirtualScheduler();
        int iteration = 0;
        LoadScenario scenario = Work(async () =>
        {
            if (++iteration % 5 == 0) await time.Delay(TimeSpan.FromHours(1));
            return LoadResult.Ok();
        });

        ScenarioSummary summary = (await time.RunAsync(scenario, new LoadRunOptions { CompletionTimeout = TimeSpan.FromSeconds(3) })).Scenarios[0];

        Assert.Equal((50, 40, 10), (summary.Started, summary.Completed, summary.Stragglers));
        Assert.Equal(TimeSpan.FromSeconds(8), summary.Elapsed);
    }

    [Fact]
    public async Task Iterations_that_end_within_the_completion_timeout_are_no_stragglers()
    {
        var time = new VirtualScheduler();
        LoadScenario scenario = Work(async () =>
        {
            await time.Delay(TimeSpan.FromSeconds(2.5));
            return LoadResult.Ok();
        });

        ScenarioSummary summary = (await time.RunAsync(scenario, new LoadRunOptions { CompletionTimeout = TimeSpan.FromSeconds(3) })).Scenarios[0];

        Assert.Equal((50, 50, 0), (summary.Started, summary.Completed, summary.Stragglers));
    }

    [Fact]
    public async Task More_iterations_than_may_be_under_way_are_rejected_and_counted()
    {
        var time = new VirtualScheduler();
        LoadScenario scenario = Work(async () =>
        {
            await time.Delay(TimeSpan.FromSeconds(1.05));
            return LoadResult.Ok();
        });

        ScenarioSummary summary = (await time.RunAsync(scenario, new LoadRunOptions { MaxInFlight = 5 })).Scenarios[0];

        Assert.Equal(50, summary.Planned);
        Assert.True(summary.Rejected > 0);
        Assert.Equal(summary.Planned, summary.Started + summary.Rejected);
    }

    [Fact]
    public async Task A_step_that_throws_has_failed_and_the_run_goes_on()
    {
        var time = new VirtualScheduler();
        int iteration = 0;
        LoadScenario scenario = Work(() => ++iteration % 2 == 0 ? throw new IOException("broken pipe") : Task.FromResult(LoadResult.Ok(sizeBytes: 7)));

        StepSummary step = (await time.RunAsync(scenario)).Scenarios[0].Step("work")!;

        Assert.Equal((25, 25, 175), (step.Ok, step.Failed, step.Bytes));
        Assert.Equal(25, step.StatusCodes[LoadResult.ExceptionStatus]);
        Assert.Equal("IOException: broken pipe", step.FirstFailure);
        Assert.Equal(25, step.Response.Count);
    }

    [Fact]
    public async Task A_warm_up_runs_and_is_not_counted()
    {
        var time = new VirtualScheduler();
        int warm = 0;
        LoadScenario scenario = new LoadScenario("work", context => context.StepAsync("work", () =>
        {
            if (context.IsWarmUp) warm++;
            return Task.FromResult(LoadResult.Ok());
        }))
        {
            WarmUp = TimeSpan.FromSeconds(2),
            Phases = [_tenPerSecond],
        };

        ScenarioSummary summary = (await time.RunAsync(scenario)).Scenarios[0];

        Assert.Equal(20, warm);
        Assert.Equal(50, summary.Step("work")!.Ok);
        Assert.Equal(5, summary.Timeline.Count);
        Assert.All(summary.Timeline, second => Assert.Equal(10, second.Ok));
    }

    [Fact]
    public async Task Only_the_first_step_of_an_iteration_inherits_its_schedule()
    {
        var time = new VirtualScheduler();
        var scenario = new LoadScenario("two", async context =>
        {
            await context.StepAsync("first", async () =>
            {
                time.Stall(TimeSpan.FromMilliseconds(50));
                await time.Delay(TimeSpan.FromMilliseconds(10));
                return LoadResult.Ok();
            });
            return await context.StepAsync("second", async () =>
            {
                await time.Delay(TimeSpan.FromMilliseconds(10));
                return LoadResult.Ok();
            });
        })
        {
            Phases = [new LoadPhase.IterationsForInject(1_000, _second, 100)],
        };

        ScenarioSummary summary = (await time.RunAsync(scenario)).Scenarios[0];

        Assert.True(summary.Step("first")!.Response.MaxMs > 1_000);
        Assert.Equal(summary.Step("second")!.Service.MaxMs, summary.Step("second")!.Response.MaxMs);
    }

    [Fact]
    public async Task A_latency_of_the_scenarios_own_is_recorded_in_place_of_the_measured_one()
    {
        var time = new VirtualScheduler();

        StepSummary step = (await time.RunAsync(Work(() => Task.FromResult(LoadResult.Ok(latency: TimeSpan.FromMilliseconds(42)))))).Scenarios[0].Step("work")!;

        Assert.InRange(step.Response.P50Ms, 41.9, 42.1);
    }

    [Fact]
    public async Task What_was_measured_before_an_interruption_is_told()
    {
        var time = new VirtualScheduler();
        using var interrupt = new CancellationTokenSource();
        int iteration = 0;
        LoadScenario scenario = Work(() =>
        {
            if (++iteration == 20) interrupt.Cancel();
            return Task.FromResult(LoadResult.Ok());
        });

        LoadReport report = await time.RunAsync(() => new BuiltInHost(time).RunAsync([scenario], new LoadRunOptions(), interrupt.Token));

        Assert.Equal(20, report.Scenarios[0].Step("work")!.Ok);
    }

    [Fact]
    public async Task Init_comes_before_and_clean_after_also_when_the_run_fails()
    {
        var time = new VirtualScheduler();
        var calls = new List<string>();
        LoadScenario good = Work(() => Task.FromResult(LoadResult.Ok())) with
        {
            Init = _ => Note("init"),
            Clean = _ => Note("clean"),
        };
        LoadScenario bad = good with { Name = "bad", Phases = [new LoadPhase.KeepConstant(1, TimeSpan.FromSeconds(-1))] };

        await time.RunAsync(good);
        await time.RunAsync(bad);

        Assert.Equal(["init", "clean", "init", "clean"], calls);

        Task Note(string call)
        {
            calls.Add(call);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Two_scenarios_of_one_name_are_refused()
    {
        var time = new VirtualScheduler();
        LoadScenario scenario = Work(() => Task.FromResult(LoadResult.Ok()));

        await Assert.ThrowsAsync<ArgumentException>(() => new BuiltInHost(time).RunAsync([scenario, scenario], new LoadRunOptions(), TestContext.Current.CancellationToken));
    }

    private static LoadScenario Work(Func<Task<LoadResult>> run) => new("work", context => context.StepAsync("work", run)) { Phases = [_tenPerSecond] };
}

using Broker.LoadLab.Tests.Engine;
using Broker.LoadTests.Engine;
using Broker.LoadTests.NBomber;
using NBomber.Contracts;
using NBomber.CSharp;

namespace Broker.LoadLab.Tests.NBomber;

/// <summary>The adapter, compiled from its own source and run against doubles of NBomber's members.</summary>
public sealed class NBomberHostTests
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Every_phase_becomes_the_simulation_of_the_same_name_and_numbers()
    {
        var scenario = new LoadScenario("all", _ => Task.FromResult(LoadResult.Ok()))
        {
            Phases =
            [
                new LoadPhase.Inject(3, _second, 2 * _second),
                new LoadPhase.RampingInject(4, _second, 3 * _second),
                new LoadPhase.InjectRandom(1, 5, _second, 4 * _second),
                new LoadPhase.IterationsForInject(6, _second, 7),
                new LoadPhase.KeepConstant(2, 5 * _second),
                new LoadPhase.RampingConstant(3, 6 * _second),
                new LoadPhase.IterationsForConstant(4, 8),
                new LoadPhase.Pause(_second),
            ],
        };

        (_, NBomberContext context) = await RunAsync([scenario]);

        LoadSimulation[] expected =
        [
            new("Inject", 3, _second, 2 * _second),
            new("RampingInject", 4, _second, 3 * _second),
            new("InjectRandom", 1, _second, 4 * _second, MaxRate: 5),
            new("IterationsForInject", 6, _second, default, 7),
            new("KeepConstant", 2, default, 5 * _second),
            new("RampingConstant", 3, default, 6 * _second),
            new("IterationsForConstant", 4, default, default, 8),
            new("Pause", 0, default, _second),
        ];
        Assert.Equal(expected, context.Scenarios[0].LoadSimulations);
    }

    [Fact]
    public async Task Failures_neither_restart_iterations_nor_end_the_run()
    {
        (_, NBomberContext context) = await RunAsync([Work(_ => Task.FromResult(LoadResult.Ok()))]);

        Assert.False(context.Scenarios[0].RestartIterationOnFail);
        Assert.Equal(int.MaxValue, context.Scenarios[0].MaxFailCount);
        Assert.Equal(("broker", "name", false), (context.TestSuite, context.TestName, context.HasReports));
        Assert.Equal(TimeSpan.FromSeconds(10), context.CompletionTimeout);
    }

    [Fact]
    public async Task A_warm_up_is_as_long_as_the_scenario_says_and_absent_where_it_says_none()
    {
        LoadScenario without = Work(_ => Task.FromResult(LoadResult.Ok()));

        (_, NBomberContext context) = await RunAsync([without, without with { Name = "warm", WarmUp = 3 * _second }]);

        Assert.Null(context.Scenarios[0].WarmUp);
        Assert.Equal(3 * _second, context.Scenarios[1].WarmUp);
    }

    [Fact]
    public async Task Steps_come_back_with_counts_bytes_codes_and_custom_latency()
    {
        LoadScenario scenario = Work(context => context.StepAsync("poll", () => Task.FromResult(
            context.InstanceNumber == 0 ? LoadResult.Fail("503", "busy") : LoadResult.Ok(10, "200", TimeSpan.FromMilliseconds(context.InstanceNumber)))));

        (LoadReport report, _) = await RunAsync([scenario]);

        StepSummary step = report.Scenarios[0].Step("poll")!;
        Assert.Equal((4, 1, 40), (step.Ok, step.Failed, step.Bytes));
        Assert.Equal((4, 1), (step.StatusCodes["200"], step.StatusCodes["503"]));
        Assert.Equal((1, 4), (step.Response.MinMs, step.Response.MaxMs));
        Assert.Equal(5, step.PerSecond);
    }

    [Fact]
    public async Task A_custom_latency_of_nothing_is_not_mistaken_for_none()
    {
        (LoadReport report, _) = await RunAsync([Work(context => context.StepAsync("aware", () => Task.FromResult(LoadResult.Ok(latency: TimeSpan.Zero))))]);

        Assert.True(report.Scenarios[0].Step("aware")!.Response.MinMs > 0);
    }

    [Fact]
    public async Task A_step_that_throws_has_failed_with_its_reason()
    {
        (LoadReport report, _) = await RunAsync([Work(context => context.StepAsync("poll", () => throw new IOException("broken pipe")))]);

        Assert.Equal(5, report.Scenarios[0].Step("poll")!.Failed);
        Assert.Equal(5, report.Scenarios[0].Step("poll")!.StatusCodes[LoadResult.ExceptionStatus]);
    }

    [Fact]
    public async Task Init_comes_before_and_clean_after_the_iterations()
    {
        var calls = new List<string>();
        LoadScenario scenario = Work(_ => Note("run")) with { Init = _ => Note("init"), Clean = _ => Note("clean"), Phases = [new LoadPhase.IterationsForConstant(1, 1)] };

        await RunAsync([scenario]);

        Assert.Equal(["init", "run", "clean"], calls);

        Task<LoadResult> Note(string call)
        {
            calls.Add(call);
            return Task.FromResult(LoadResult.Ok());
        }
    }

    [Theory]
    [InlineData("--license=K", "run")]
    [InlineData("--license", "K", "run")]
    public async Task A_licence_key_goes_to_NBomber_and_not_to_the_command_line(params string[] arguments)
    {
        (string? key, string[] rest) = NBomberLicense.Take(arguments, otherwise: "other");

        (_, NBomberContext context) = await RunAsync([Work(_ => Task.FromResult(LoadResult.Ok()))], key);

        Assert.Equal(["run"], rest);
        Assert.Equal("K", context.License);
        Assert.Equal("other", NBomberLicense.Take(["run"], "other").Key);
    }

    private static LoadScenario Work(Func<ILoadContext, Task<LoadResult>> run) => new("work", run) { Phases = [new LoadPhase.Inject(5, _second, _second)] };

    private static async Task<(LoadReport Report, NBomberContext Context)> RunAsync(LoadScenario[] scenarios, string? license = null)
    {
        NBomberRunner.Log.Value = [];
        LoadReport report = await new NBomberHost(new VirtualScheduler(), license).RunAsync(scenarios, new LoadRunOptions { Name = "name" }, TestContext.Current.CancellationToken);
        return (report, NBomberRunner.Log.Value[0]);
    }
}

using Broker.LoadTests.Engine;

namespace Broker.LoadLab.Tests.Engine;

public sealed class StallTests
{
    private static readonly TimeSpan _stall = TimeSpan.FromSeconds(4.5);

    [Fact]
    public async Task A_stall_of_the_generator_is_in_the_response_time_and_not_in_the_service_time()
    {
        ScenarioSummary summary = (await RunAsync(_stall)).Scenarios[0];

        StepSummary step = summary.Step("work")!;
        Assert.Equal(1000, step.Ok);
        Assert.InRange(step.Response.P99Ms, 4_000, 4_600);
        Assert.InRange(step.Service.P99Ms, 1.9, 2.1);
        Assert.InRange(summary.Lateness.P99Ms, 4_000, 4_600);
    }

    [Fact]
    public async Task A_run_with_a_stall_is_not_believed()
    {
        LoadReport report = await RunAsync(_stall);

        Assert.Equal(LoadExitCode.Invalid, report.ExitCode);
        Assert.Contains("the generator was late", Assert.Single(report.Doubts), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_without_a_stall_is_believed_and_both_times_agree()
    {
        LoadReport report = await RunAsync(TimeSpan.Zero);

        StepSummary step = report.Scenarios[0].Step("work")!;
        Assert.Equal(LoadExitCode.Success, report.ExitCode);
        Assert.InRange(step.Response.P99Ms, 1.9, 2.1);
        Assert.InRange(step.Response.MaxMs, 1.9, 2.1);
        Assert.Equal(0, report.Scenarios[0].Lateness.MaxMs);
    }

    [Fact]
    public async Task A_slow_server_shows_in_both_times_and_is_no_reason_for_doubt()
    {
        var time = new VirtualScheduler();
        var scenario = new LoadScenario("slow", context => context.StepAsync("work", async () =>
        {
            await time.Delay(TimeSpan.FromSeconds(1));
            return LoadResult.Ok();
        }))
        {
            Phases = [new LoadPhase.Inject(100, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5))],
        };

        LoadReport report = ThresholdGate.Judge(await time.RunAsync(scenario), [scenario]);

        Assert.Empty(report.Doubts);
        Assert.InRange(report.Scenarios[0].Step("work")!.Response.P50Ms, 999, 1_001);
        Assert.InRange(report.Scenarios[0].Step("work")!.Service.P50Ms, 999, 1_001);
    }

    private static async Task<LoadReport> RunAsync(TimeSpan stall)
    {
        var time = new VirtualScheduler();
        int iteration = 0;
        var scenario = new LoadScenario("stalled", context => context.StepAsync("work", async () =>
        {
            if (++iteration == 300) time.Stall(stall);
            await time.Delay(TimeSpan.FromMilliseconds(2));
            return LoadResult.Ok();
        }))
        {
            Phases = [new LoadPhase.Inject(100, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10))],
        };
        return ThresholdGate.Judge(await time.RunAsync(scenario), [scenario]);
    }
}

using Broker.LoadTests.Engine;

namespace Broker.LoadLab.Tests.Engine;

public sealed class PreciseSchedulerTests
{
    [Fact]
    public async Task Nobody_is_released_before_the_time_and_everybody_after_it()
    {
        using var scheduler = new PreciseScheduler();
        TimeSpan start = scheduler.Now;
        TimeSpan[] delays = [.. Enumerable.Range(0, 12).Select(index => TimeSpan.FromMilliseconds(index * 7 % 40))];

        bool[] early = await Task.WhenAll(delays.Select(async delay =>
        {
            await scheduler.UntilAsync(start + delay, TestContext.Current.CancellationToken);
            return scheduler.Now < start + delay;
        }));

        Assert.DoesNotContain(true, early);
    }

    [Fact]
    public async Task Waiting_can_be_cancelled()
    {
        using var scheduler = new PreciseScheduler();
        using var cancel = new CancellationTokenSource();
        Task waiting = scheduler.UntilAsync(scheduler.Now + TimeSpan.FromHours(1), cancel.Token);

        cancel.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task The_engine_runs_on_it_in_real_time()
    {
        using var scheduler = new PreciseScheduler();

        LoadReport report = await new BuiltInHost(scheduler).RunAsync(
            [ArrivalTests.Instant(new LoadPhase.Inject(500, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.4)))], new LoadRunOptions(), TestContext.Current.CancellationToken);

        Assert.Equal(200, report.Scenarios[0].Completed);
        Assert.True(report.Scenarios[0].Elapsed >= TimeSpan.FromSeconds(0.4));
    }
}

using Broker.LoadTests.Engine;

namespace Broker.LoadLab.Tests.Engine;

public sealed class ClosedPhaseTests
{
    [Fact]
    public async Task Constant_copies_start_their_next_iteration_when_the_one_before_has_ended()
    {
        var time = new VirtualScheduler();
        var running = new HashSet<int>();

        ScenarioSummary summary = (await time.RunAsync(OfOneSecond(time, running, new LoadPhase.KeepConstant(3, TimeSpan.FromSeconds(10))))).Scenarios[0];

        Assert.Equal(30, summary.Completed);
        Assert.False(summary.IsOpen);
        Assert.Equal(0, summary.Step("work")!.Failed);
    }

    [Fact]
    public async Task Copies_ramp_up_and_down_in_a_straight_line()
    {
        var time = new VirtualScheduler();

        ScenarioSummary summary = (await time.RunAsync(OfOneSecond(
            time, [], new LoadPhase.RampingConstant(4, TimeSpan.FromSeconds(8)), new LoadPhase.RampingConstant(0, TimeSpan.FromSeconds(8))))).Scenarios[0];

        // Up: copies run for 8, 6, 4 and 2 seconds; down: for 8, 6, 4 and 2.
        Assert.Equal(40, summary.Completed);
    }

    [Fact]
    public async Task Iterations_are_shared_by_the_copies()
    {
        var time = new VirtualScheduler();

        ScenarioSummary summary = (await time.RunAsync(OfOneSecond(time, [], new LoadPhase.IterationsForConstant(2, 7)))).Scenarios[0];

        Assert.Equal(7, summary.Completed);
        Assert.Equal(TimeSpan.FromSeconds(4), summary.Elapsed);
    }

    private static LoadScenario OfOneSecond(VirtualScheduler time, HashSet<int> running, params LoadPhase[] phases) =>
        new("work", context => context.StepAsync("work", async () =>
        {
            if (!running.Add(context.InstanceNumber)) return LoadResult.Fail("overlap");
            await time.Delay(TimeSpan.FromSeconds(1));
            running.Remove(context.InstanceNumber);
            return LoadResult.Ok();
        }))
        {
            Phases = phases,
        };
}

using Broker.Core.Connections;
using Xunit;

namespace Broker.Core.Tests.Connections;

public sealed class PauseGateTests
{
    [Fact]
    public void Pausing_and_resuming_take_turns()
    {
        var gate = new PauseGate();

        for (int i = 0; i < 3; i++)
        {
            Assert.True(gate.TryPause());
            Assert.True(gate.TryResume());
        }
    }

    [Fact]
    public void Who_resumes_early_is_believed_once()
    {
        var gate = new PauseGate();

        Assert.False(gate.TryResume());
        Assert.False(gate.TryResume());
        Assert.False(gate.TryPause());
        Assert.True(gate.TryPause());
    }

    [Fact]
    public async Task Every_pause_is_followed_by_one_resumption_however_the_threads_interleave()
    {
        const int Rounds = 50_000;
        var gate = new PauseGate();
        using var reasons = new SemaphoreSlim(0);
        using var resumed = new SemaphoreSlim(0);
        Task resumer = Task.Run(
            async () =>
            {
                for (int i = 0; i < Rounds; i++)
                {
                    await reasons.WaitAsync();
                    if (gate.TryResume()) resumed.Release();
                }
            },
            TestContext.Current.CancellationToken);

        for (int i = 0; i < Rounds; i++)
        {
            reasons.Release(); // the reason to pause goes away on the other thread, before or after we pause
            if (gate.TryPause()) Assert.True(await resumed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken), "It sleeps for ever");
        }

        await resumer;
        Assert.Equal(0, resumed.CurrentCount);
    }
}

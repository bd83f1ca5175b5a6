using Broker.Host.Endpoints;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Tcp;

public sealed class AsyncSignalTests
{
    [Fact]
    public async Task A_signal_set_before_is_not_missed_and_wakes_once()
    {
        var signal = new AsyncSignal();
        signal.Set();
        signal.Set();

        await signal.WaitAsync();
        ValueTask second = signal.WaitAsync();

        Assert.False(second.IsCompleted);
        signal.Set();
        await second;
    }

    [Fact]
    public async Task A_waiter_is_never_left_behind_however_setters_race_it()
    {
        const int Rounds = 200_000;
        var signal = new AsyncSignal();
        int work = 0;
        int done = 0;
        Task setter = Task.Run(
            () =>
            {
                for (int i = 0; i < Rounds; i++)
                {
                    Interlocked.Increment(ref work);
                    signal.Set();
                }
            },
            TestContext.Current.CancellationToken);

        while (done < Rounds)
        {
            await signal.WaitAsync().AsTask().WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
            done += Interlocked.Exchange(ref work, 0);
        }

        await setter;
        Assert.Equal(Rounds, done);
    }
}

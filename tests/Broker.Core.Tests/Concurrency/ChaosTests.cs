using Xunit;

namespace Broker.Core.Tests.Concurrency;

/// <summary>Threads that do anything at any time with the same few client identifiers. In the end nothing may be left of it.</summary>
public sealed class ChaosTests
{
    private const int Threads = 4;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void After_everything_at_once_nothing_is_left(int seed)
    {
        using var broker = new ThreadedBroker(new() { OfflinePresence = 3, QueueMessages = 50, Inflight = 4 });
        int running = Threads;

        Race.Run(Threads + 1, number =>
        {
            if (number < Threads)
            {
                new Rioter(broker, new Random((seed * 10) + number)).Riot(2_000);
                Interlocked.Decrement(ref running);
            }
            else
            {
                while (Volatile.Read(ref running) > 0) broker.Advance(TimeSpan.FromMilliseconds(100)); // keep alives, wills, expiries
            }
        });

        broker.Advance(TimeSpan.FromSeconds(100)); // every session and will is over
        broker.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Stopping_in_the_middle_of_it_ends_every_connection(int seed)
    {
        using var broker = new ThreadedBroker();
        using var underWay = new CountdownEvent(Threads);

        Race.Run(Threads + 1, number =>
        {
            if (number < Threads)
            {
                new Rioter(broker, new Random((seed * 10) + number)).Riot(100_000, onStep: step => _ = step == 300 && underWay.Signal());
                return;
            }

            underWay.Wait(TimeSpan.FromSeconds(30));
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            broker.Broker.StopAsync(patience.Token).GetAwaiter().GetResult();
            Assert.False(patience.IsCancellationRequested);
        });

        Assert.Equal(0, broker.Broker.ConnectionCount);
        broker.AssertNoErrors();
    }
}

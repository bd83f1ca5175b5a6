using Broker.Core.Protocol;
using Xunit;

namespace Broker.Core.Tests.Concurrency;

/// <summary>Publishers and subscribers on threads of their own, all with kept sessions and connections that break at any moment.</summary>
public sealed class DeliveryTests
{
    private const int Publishers = 3;
    private const int Receivers = 3;
    private const int MessagesEach = 400;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Nothing_acknowledged_is_lost_nothing_comes_twice_and_the_order_is_kept(int seed)
    {
        using var broker = new ThreadedBroker(new() { QueueMessages = 1_000_000 });
        Publisher[] publishers = [.. Enumerable.Range(0, Publishers).Select(i => new Publisher(broker, $"publisher {i}", new Random((seed * 100) + i)))];
        Receiver[] receivers = Subscribed(broker, "t/#", Receivers);
        int publishing = Publishers;

        Race.Run(Publishers + Receivers, number =>
        {
            if (number < Publishers)
            {
                Publish(publishers[number], number, new Random((seed * 1_000) + number));
                Interlocked.Decrement(ref publishing);
            }
            else
            {
                Receive(broker, receivers[number - Publishers], new Random((seed * 1_000) + number), () => Volatile.Read(ref publishing) > 0);
            }
        });

        Finish(broker, receivers);
        foreach (Receiver receiver in receivers)
        {
            for (int i = 0; i < Publishers; i++)
            {
                int[] once = [.. Enumerable.Range(1, publishers[i].Last[$"t/{i}/1"])];
                int[] exactly = [.. Enumerable.Range(1, publishers[i].Last[$"t/{i}/2"])];
                Assert.Equal(once, receiver.First($"t/{i}/1"));
                Assert.Equal(exactly, receiver.All($"t/{i}/2"));
                int[] most = receiver.All($"t/{i}/0");
                Assert.Equal(most.Distinct().Order(), most);
            }
        }

        broker.AssertNoErrors();
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    [InlineData(5, 3)]
    public void A_shared_group_gets_everything_and_qos_2_once_among_its_members(int seed, int members)
    {
        using var broker = new ThreadedBroker(new() { QueueMessages = 1_000_000 });
        Publisher[] publishers = [.. Enumerable.Range(0, Publishers).Select(i => new Publisher(broker, $"publisher {i}", new Random((seed * 100) + i)))];
        Receiver[] receivers = Subscribed(broker, "$share/g/t/#", members);
        int publishing = Publishers;

        Race.Run(Publishers + members, number =>
        {
            if (number < Publishers)
            {
                Publish(publishers[number], number, new Random((seed * 1_000) + number));
                Interlocked.Decrement(ref publishing);
            }
            else
            {
                Receive(broker, receivers[number - Publishers], new Random((seed * 1_000) + number), () => Volatile.Read(ref publishing) > 0);
            }
        });

        Finish(broker, receivers);
        for (int i = 0; i < Publishers; i++)
        {
            int[] once = [.. Enumerable.Range(1, publishers[i].Last[$"t/{i}/1"])];
            int[] exactly = [.. Enumerable.Range(1, publishers[i].Last[$"t/{i}/2"])];
            Assert.Equal(once, receivers.SelectMany(r => r.First($"t/{i}/1")).Distinct().Order());
            Assert.Equal(exactly, receivers.SelectMany(r => r.All($"t/{i}/2")).Order());
        }

        broker.AssertNoErrors();
    }

    private static Receiver[] Subscribed(ThreadedBroker broker, string filter, int count)
    {
        Receiver[] receivers = [.. Enumerable.Range(0, count).Select(i => new Receiver($"receiver {i}"))];
        foreach (Receiver receiver in receivers)
        {
            receiver.Connect(broker);
            receiver.Subscribe(filter, QualityOfService.ExactlyOnce);
        }

        return receivers;
    }

    private static void Publish(Publisher publisher, int number, Random random)
    {
        for (int qos = 1; qos <= 2; qos++) publisher.Publish($"t/{number}/{qos}", (QualityOfService)qos);
        for (int i = 0; i < MessagesEach; i++)
        {
            int qos = random.Next(3);
            publisher.Publish($"t/{number}/{qos}", (QualityOfService)qos);
        }

        publisher.Drop();
    }

    private static void Receive(ThreadedBroker broker, Receiver receiver, Random random, Func<bool> goesOn)
    {
        while (goesOn())
        {
            switch (random.Next(12))
            {
                case 0:
                    receiver.Drop();
                    break;
                case 1:
                    receiver.Connect(broker); // takes over, or comes back
                    break;
                default:
                    if (receiver.Connection is null) receiver.Connect(broker);
                    if (!receiver.Receive(random.Next(1, 10))) Thread.Yield();
                    break;
            }
        }
    }

    /// <summary>Everybody is back and takes what is left.</summary>
    private static void Finish(ThreadedBroker broker, Receiver[] receivers)
    {
        foreach (Receiver receiver in receivers) receiver.Connect(broker);
        while (receivers.Sum(r => r.Receive() ? 1 : 0) > 0)
        {
        }

        foreach (Receiver receiver in receivers) receiver.Drop();
    }
}

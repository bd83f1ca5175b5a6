using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Core.Sessions;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>A session's queue at its bounds.</summary>
public sealed class OverflowTests
{
    private const int Size = 103; // of a message on topic "a" with 100 bytes: two of length, the topic, the payload

    [Theory]
    [InlineData(OverflowPolicy.DropNewest, 9)]
    [InlineData(OverflowPolicy.DropNewest, 10)]
    [InlineData(OverflowPolicy.DropNewest, 11)]
    [InlineData(OverflowPolicy.DropNewest, 15)]
    [InlineData(OverflowPolicy.DropOldest, 9)]
    [InlineData(OverflowPolicy.DropOldest, 10)]
    [InlineData(OverflowPolicy.DropOldest, 11)]
    [InlineData(OverflowPolicy.DropOldest, 15)]
    public void QueueMessages_bounds_what_waits_for_an_absent_client(OverflowPolicy policy, int published)
    {
        using var broker = new TestBroker(new() { QueueMessages = 10, Overflow = policy });
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce).Drop();

        PublishMany(broker, published);

        Check(broker, policy, published, 10);
    }

    [Theory]
    [InlineData(OverflowPolicy.DropNewest, 19)]
    [InlineData(OverflowPolicy.DropNewest, 20)]
    [InlineData(OverflowPolicy.DropNewest, 21)]
    [InlineData(OverflowPolicy.DropOldest, 19)]
    [InlineData(OverflowPolicy.DropOldest, 20)]
    [InlineData(OverflowPolicy.DropOldest, 21)]
    public void QueueBytes_bounds_what_waits_for_an_absent_client(OverflowPolicy policy, int published)
    {
        using var broker = new TestBroker(new() { QueueBytes = 20 * Size, Overflow = policy });
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce).Drop();

        PublishMany(broker, published, 100);

        Check(broker, policy, published, 20);
    }

    [Theory]
    [InlineData(OverflowPolicy.DropNewest)]
    [InlineData(OverflowPolicy.DropOldest)]
    [InlineData(OverflowPolicy.Refuse)]
    public void QoS_0_beyond_the_bound_is_dropped_whatever_the_policy(OverflowPolicy policy)
    {
        using var broker = new TestBroker(new() { QueueMessages = 10, Overflow = policy });
        TestClient subscriber = broker.Subscriber("a", QualityOfService.ExactlyOnce);
        TestClient publisher = broker.Connect("publisher");
        subscriber.Stall();

        for (int i = 1; i <= 25; i++) publisher.Publish("a", $"{i}");

        publisher.ExpectAlive();
        subscriber.Unstall();
        Assert.Equal(Enumerable.Range(1, 10).Select(i => $"{i}"), subscriber.Texts());
        Assert.Equal(15, broker.Broker.Context.Metrics.Dropped(DeliverOutcome.QueueFull));
        Assert.Equal(1, broker.OverflowLines());
    }

    [Fact]
    public void The_oldest_message_gives_way_whatever_its_QoS()
    {
        using var broker = new TestBroker(new() { QueueMessages = 3, Overflow = OverflowPolicy.DropOldest });
        TestClient subscriber = broker.Subscriber("a", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Connect("publisher");
        subscriber.Stall();
        publisher.Publish("a", "0a");
        publisher.PublishToEnd("a", "1a", QualityOfService.AtLeastOnce);
        publisher.Publish("a", "0b");

        publisher.PublishToEnd("a", "1b", QualityOfService.AtLeastOnce);
        publisher.PublishToEnd("a", "1c", QualityOfService.AtLeastOnce);

        subscriber.Unstall();
        Assert.Equal(["0b", "1b", "1c"], subscriber.Texts());
        Assert.Equal(2, broker.Broker.Context.Metrics.Dropped(DeliverOutcome.OldestDropped));
    }

    [Theory]
    [InlineData(OverflowPolicy.DropNewest)]
    [InlineData(OverflowPolicy.DropOldest)]
    public void A_message_larger_than_the_whole_queue_pushes_nothing_out(OverflowPolicy policy)
    {
        using var broker = new TestBroker(new() { QueueBytes = 1_024, Overflow = policy });
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce).Drop();
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishToEnd("a", "small", QualityOfService.AtLeastOnce);

        publisher.PublishToEnd("a", new string('x', 1_100), QualityOfService.AtLeastOnce);

        Assert.Equal(["small"], broker.Resume("subscriber").Texts());
        Assert.Equal(1, broker.Broker.Context.Metrics.Dropped(DeliverOutcome.QueueFull));
    }

    [Theory]
    [InlineData(OverflowPolicy.DropNewest)]
    [InlineData(OverflowPolicy.DropOldest)]
    [InlineData(OverflowPolicy.Refuse)]
    public void Expired_messages_in_a_full_queue_make_room(OverflowPolicy policy)
    {
        using var broker = new TestBroker(new() { QueueMessages = 3, Overflow = policy });
        broker.KeptSubscriber("a", QualityOfService.AtLeastOnce).Drop();
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishToEnd("a", "1", QualityOfService.AtLeastOnce, properties: new Properties().MessageExpiryInterval(10));
        publisher.PublishToEnd("a", "2", QualityOfService.AtLeastOnce);
        publisher.PublishToEnd("a", "3", QualityOfService.AtLeastOnce, properties: new Properties().MessageExpiryInterval(10));

        broker.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(ReasonCode.Success, publisher.PublishToEnd("a", "4", QualityOfService.AtLeastOnce));
        Assert.Equal(ReasonCode.Success, publisher.PublishToEnd("a", "5", QualityOfService.AtLeastOnce));

        Assert.Equal(["2", "4", "5"], broker.Resume("subscriber").Texts());
        Assert.Equal(2, broker.Broker.Context.Metrics.Dropped(DeliverOutcome.Expired));
        Assert.Equal(0, broker.OverflowLines());
    }

    [Fact]
    public void Each_run_of_drops_is_logged_once()
    {
        using var broker = new TestBroker(new() { QueueMessages = 2 });
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);

        for (int run = 1; run <= 3; run++)
        {
            subscriber.Drop();
            PublishMany(broker, 10);
            Assert.Equal(run, broker.OverflowLines());
            subscriber = broker.Resume("subscriber");
            foreach (ServerPacket packet in subscriber.All()) subscriber.Finish((ServerPacket.Publish)packet, []);
        }

        Assert.Equal(24, broker.Broker.Context.Metrics.Dropped(DeliverOutcome.QueueFull));
    }

    [Fact]
    public void A_full_queue_costs_the_others_nothing()
    {
        using var broker = new TestBroker(new() { QueueMessages = 2 });
        TestClient slow = broker.Subscriber("a", QualityOfService.AtLeastOnce);
        slow.Stall();
        TestClient fast = broker.Connect("fast");
        fast.Subscribe("a", QualityOfService.AtMostOnce);

        PublishMany(broker, 100);

        Assert.Equal(100, fast.Texts().Count);
        slow.Unstall();
        Assert.Equal(2, slow.Texts().Count);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    public void A_full_window_counts_besides_the_queue(int beyondWindow)
    {
        using var broker = new TestBroker(new() { QueueMessages = 10, Inflight = 5 });
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);
        PublishMany(broker, 5 + beyondWindow);

        var waiting = new Queue<ServerPacket>(subscriber.All());
        int received = 0;
        while (waiting.TryDequeue(out ServerPacket? packet))
        {
            received++;
            List<ServerPacket> more = [];
            subscriber.Finish((ServerPacket.Publish)packet, more);
            more.ForEach(waiting.Enqueue);
        }

        Assert.Equal(15, received);
    }

    private static void PublishMany(TestBroker broker, int count, int payload = 0)
    {
        TestClient publisher = broker.Connect("publisher");
        for (int i = 1; i <= count; i++)
        {
            Assert.Equal(ReasonCode.Success, publisher.PublishToEnd("a", $"{i}".PadRight(payload), QualityOfService.AtLeastOnce));
        }
    }

    private static void Check(TestBroker broker, OverflowPolicy policy, int published, int bound)
    {
        int dropped = Math.Max(0, published - bound);
        IEnumerable<int> expected = policy == OverflowPolicy.DropOldest
            ? Enumerable.Range(1 + dropped, published - dropped)
            : Enumerable.Range(1, published - dropped);
        Assert.Equal(expected.Select(i => $"{i}"), broker.Resume("subscriber").Texts().Select(t => t.TrimEnd()));
        DeliverOutcome outcome = policy == OverflowPolicy.DropOldest ? DeliverOutcome.OldestDropped : DeliverOutcome.QueueFull;
        Assert.Equal(dropped, broker.Broker.Context.Metrics.Dropped(outcome));
        Assert.Equal(dropped, broker.Broker.Context.Metrics.MessagesDropped);
        Assert.Equal(dropped == 0 ? 0 : 1, broker.OverflowLines());
    }
}

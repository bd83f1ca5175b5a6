using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Changes;

/// <summary>A subscription to <c>$changes/...</c> without options: bytes are compared.</summary>
public sealed class ExactChangeTests
{
    public static TheoryData<ProtocolVersion, QualityOfService> Kinds => new()
    {
        { ProtocolVersion.V311, QualityOfService.AtMostOnce },
        { ProtocolVersion.V311, QualityOfService.AtLeastOnce },
        { ProtocolVersion.V5, QualityOfService.AtMostOnce },
        { ProtocolVersion.V5, QualityOfService.ExactlyOnce },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Repeating_a_value_sends_nothing_and_changing_it_sends_one_message(ProtocolVersion version, QualityOfService qos)
    {
        using var broker = new TestBroker();
        var subscriber = Subscriber.Connect(broker, "subscriber", version);
        subscriber.Client.Subscribe("$changes/plant/#", qos);
        TestClient publisher = broker.Connect("publisher", version);

        for (int i = 0; i < 10; i++) publisher.Send(ClientPackets.Publish(version, "plant/a", "21", qos, (ushort)(i + 1)));
        publisher.Send(ClientPackets.Publish(version, "plant/a", "22", qos, 11));

        Assert.Equal(["plant/a=21", "plant/a=22"], subscriber.Received());
    }

    [Fact]
    public void A_B_A_is_two_changes_even_within_one_read()
    {
        using var broker = new TestBroker();
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("$changes/a");
        TestClient publisher = broker.Connect("publisher");

        publisher.Send(Publish("a", "A"), Publish("a", "B"), Publish("a", "A"), Publish("a", "A"));

        Assert.Equal(["a=A", "a=B", "a=A"], subscriber.Received());
    }

    [Fact]
    public void An_empty_payload_is_always_a_change()
    {
        using var broker = new TestBroker();
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("$changes/a");
        TestClient publisher = broker.Connect("publisher");

        publisher.Send(Publish("a", ""), Publish("a", ""), Publish("a", "x"));

        Assert.Equal(["a=", "a=", "a=x"], subscriber.Received());
    }

    [Fact]
    public void The_first_value_comes_on_subscribing_with_RETAIN_although_nobody_retained_it()
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("publisher");
        publisher.Send(Publish("a/1", "one"), Publish("a/2", "two"), Publish("b", "other"));
        var subscriber = Subscriber.Connect(broker, "subscriber");

        subscriber.Client.Subscribe("$changes/a/+");

        List<ServerPacket.Publish> first = subscriber.Messages();
        Assert.Equal(["a/1=one", "a/2=two"], first.Select(m => $"{m.Topic}={m.Text}").Order());
        Assert.All(first, m => Assert.True(m.Retain));
    }

    [Fact]
    public void A_value_that_came_first_is_not_sent_again_when_it_is_repeated()
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("publisher");
        publisher.Send(Publish("a", "same"));
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("$changes/a");
        subscriber.Received();

        publisher.Send(Publish("a", "same"));

        Assert.Empty(subscriber.Received());
    }

    [Fact]
    public void Without_first_values_the_next_one_is_a_change_although_it_is_not_new_to_the_broker()
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("publisher");
        publisher.Send(Publish("a", "same"));
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, new SubscribeFilter("$changes/a") { RetainHandling = RetainHandling.DoNotSend }));
        subscriber.Client.Expect<ServerPacket.SubAck>();

        publisher.Send(Publish("a", "same"), Publish("a", "same"));

        Assert.Equal(["a=same"], subscriber.Received());
    }

    [Fact]
    public void A_subscriber_that_does_not_read_gets_at_most_the_last_value_of_each_topic_and_memory_stays_bounded()
    {
        const int Topics = 100;
        using var broker = new TestBroker();
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("$changes/#");
        TestClient publisher = broker.Connect("publisher");
        subscriber.Client.Stall();
        publisher.Send(Publish("t/0", "first"));

        for (int value = 0; value < 100; value++)
        {
            for (int topic = 0; topic < Topics; topic++) publisher.Send(Publish($"t/{topic}", $"{value}"));
        }

        Assert.InRange(broker.Broker.Context.Messages.Live, Topics, Topics + 20); // what waits is the topic's value itself
        subscriber.Client.Unstall();
        List<string> received = subscriber.Received();
        Assert.Equal(Enumerable.Range(0, Topics).Select(t => $"t/{t}=99").Order(), received.Order());
    }

    [Fact]
    public void A_value_that_went_back_to_what_was_sent_is_not_sent()
    {
        using var broker = new TestBroker();
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("$changes/#");
        TestClient publisher = broker.Connect("publisher");
        publisher.Send(Publish("a", "A"), Publish("b", "1"));
        subscriber.Received();
        subscriber.Client.Stall();
        publisher.Send(Publish("b", "2"));

        publisher.Send(Publish("a", "B"));
        publisher.Send(Publish("a", "A"));
        subscriber.Client.Unstall();

        Assert.Equal(["b=2"], subscriber.Received());
    }

    [Fact]
    public void A_full_window_conflates_and_converges()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect(new ConnectOptions { ClientId = "subscriber", Properties = new Properties().ReceiveMaximum(1) });
        subscriber.Subscribe("$changes/a", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Connect("publisher");

        for (int i = 1; i <= 50; i++) publisher.Send(ClientPackets.Publish(ProtocolVersion.V5, "a", $"{i}", QualityOfService.AtLeastOnce, (ushort)i));

        var first = subscriber.Expect<ServerPacket.Publish>();
        Assert.Equal("1", first.Text);
        subscriber.Send(ClientPackets.PubAck(ProtocolVersion.V5, first.PacketId));
        var last = subscriber.Expect<ServerPacket.Publish>();
        Assert.Equal("50", last.Text);
        subscriber.Send(ClientPackets.PubAck(ProtocolVersion.V5, last.PacketId));
        subscriber.ExpectNothing();
    }

    [Theory]
    [InlineData(QualityOfService.AtMostOnce)]
    [InlineData(QualityOfService.AtLeastOnce)]
    public void A_kept_session_gets_the_newest_value_of_each_topic_when_it_is_back(QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Resume("subscriber");
        subscriber.Subscribe("$changes/#", qos);
        subscriber.Drop();
        TestClient publisher = broker.Connect("publisher");
        for (int i = 1; i <= 20; i++) publisher.Send(ClientPackets.Publish(ProtocolVersion.V5, $"t/{i % 2}", $"{i}", QualityOfService.AtLeastOnce, (ushort)i));

        TestClient again = broker.Resume("subscriber");

        List<string> received = [.. again.All().OfType<ServerPacket.Publish>().Select(m => $"{m.Topic}={m.Text}")];
        Assert.Equal(["t/0=20", "t/1=19"], received.Order());
    }

    [Fact]
    public void A_forgotten_topic_counts_as_changed()
    {
        using var broker = new TestBroker(new BrokerLimits { LastValues = 2 });
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("$changes/+");
        TestClient publisher = broker.Connect("publisher");
        publisher.Send(Publish("a", "1"), Publish("b", "1"), Publish("c", "1"));
        subscriber.Received();

        publisher.Send(Publish("c", "1"), Publish("a", "1"));

        Assert.Equal(["a=1"], subscriber.Received());
    }

    [Fact]
    public void Ordinary_subscribers_get_every_publication_and_the_publisher_is_told_the_same()
    {
        using var broker = new TestBroker();
        var ordinary = Subscriber.Connect(broker, "ordinary");
        ordinary.Client.Subscribe("a");
        var changes = Subscriber.Connect(broker, "changes");
        changes.Client.Subscribe("$changes/a");
        TestClient publisher = broker.Connect("publisher");

        for (ushort i = 1; i <= 3; i++) publisher.Send(ClientPackets.Publish(ProtocolVersion.V5, "a", "same", QualityOfService.AtLeastOnce, i));

        Assert.Equal(3, ordinary.Received().Count);
        Assert.Single(changes.Received());
        Assert.All(publisher.All().OfType<ServerPacket.PubAck>(), ack => Assert.Equal(ReasonCode.Success, ack.ReasonCode));
        Assert.Equal(2, broker.Broker.Context.Metrics.Changes.Suppressed);
    }

    [Fact]
    public void A_session_with_both_kinds_of_subscription_gets_what_each_asks_for()
    {
        using var broker = new TestBroker();
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("x/#");
        subscriber.Client.Subscribe("$changes/x/#");
        TestClient publisher = broker.Connect("publisher");

        publisher.Send(Publish("x/a", "1"), Publish("x/a", "1"));

        Assert.Equal(3, subscriber.Received().Count);
    }

    [Fact]
    public void A_shared_group_gets_each_change_once()
    {
        using var broker = new TestBroker();
        var one = Subscriber.Connect(broker, "one");
        var two = Subscriber.Connect(broker, "two");
        one.Client.Subscribe("$share/g/$changes/a");
        two.Client.Subscribe("$share/g/$changes/a");
        TestClient publisher = broker.Connect("publisher");

        publisher.Send(Publish("a", "1"), Publish("a", "1"), Publish("a", "2"), Publish("a", "2"));

        Assert.Equal(["a=1", "a=2"], one.Received().Concat(two.Received()).Order());
    }

    [Fact]
    public void Unsubscribing_ends_it_and_nothing_is_left_behind()
    {
        using var broker = new TestBroker();
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("$changes/a");
        TestClient publisher = broker.Connect("publisher");
        subscriber.Client.Stall();
        publisher.Send(Publish("a", "1"));
        publisher.Send(Publish("a", "2"));

        subscriber.Client.Send(ClientPackets.Unsubscribe(ProtocolVersion.V5, 2, "$changes/a"));
        subscriber.Client.Unstall();
        publisher.Send(Publish("a", "3"));

        Assert.DoesNotContain("a=3", subscriber.Received());
        Assert.Equal(broker.Broker.Context.Retained.Count, broker.CountMessages());
    }

    private static byte[] Publish(string topic, string payload) => ClientPackets.Publish(ProtocolVersion.V5, topic, payload);
}

using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>3.8.4: subscribing again to the same filter replaces the subscription and loses no message.</summary>
public sealed class ReplacedSubscriptionTests
{
    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.8.4-3")]
    [Clause("V311:MQTT-3.8.4-3")]
    public void The_new_qos_counts_and_there_is_still_one_subscription(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);
        TestClient publisher = broker.Connect("p", version);

        foreach (int qos in new[] { 2, 0, 1, 2 })
        {
            Assert.Equal([(ReasonCode)qos], client.SubscribeTo("a/+", qos));
            publisher.Publish("a/b", "x", 2);
            Assert.Equal([$"a/b=x q{qos}"], client.Seen());
        }

        Assert.Equal(1, broker.Broker.Context.Subscriptions.Count);
    }

    [Fact]
    [Clause("MQTT-3.8.4-3")]
    public void Every_option_and_the_identifier_are_replaced()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.SubscribeTo(5, new SubscribeFilter("a", QualityOfService.AtLeastOnce, NoLocal: true, RetainAsPublished: true));
        client.Send(ClientPackets.Publish(ProtocolVersion.V5, "a", "own", retain: true));
        client.ExpectNothing();

        client.SubscribeTo(new SubscribeFilter("a", RetainHandling: RetainHandling.DoNotSend));
        client.Send(ClientPackets.Publish(ProtocolVersion.V5, "a", "own again", retain: true));

        Assert.Equal(["a=own again q0"], client.Seen());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.8.4-4")]
    [Clause("V311:MQTT-3.8.4-3")]
    public void What_is_retained_is_sent_again_each_time(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        broker.Connect("p", version).Publish("a/b", "kept", 1, retain: true);
        TestClient client = broker.Connect("c", version);

        for (int i = 0; i < 3; i++)
        {
            client.SubscribeTo("a/#", 1);
            Assert.Equal(["a/b=kept q1 retained"], client.Seen());
        }
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.8.4-4")]
    public void Messages_around_the_change_all_arrive_in_order(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);
        TestClient publisher = broker.Connect("p", version);
        client.SubscribeTo("a", 1);
        client.Stall();

        List<string> sent = [];
        for (int i = 0; i < 50; i++)
        {
            publisher.Publish("a", $"{i}", 2);
            sent.Add($"{i}");
            client.Send(ClientPackets.Subscribe(version, 1, "a", (QualityOfService)(1 + (i % 2))));
        }

        client.Unstall();
        List<ServerPacket> packets = client.All();
        Assert.Equal(50, packets.Count(p => p is ServerPacket.SubAck));
        foreach (ServerPacket packet in packets.Where(p => p is not ServerPacket.SubAck)) client.Answer(packet);
        Assert.Equal(sent, packets.OfType<ServerPacket.Publish>().Select(m => m.Text));
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.8.4-4")]
    public void What_waits_keeps_the_qos_it_was_queued_with(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Resume("c", version);
        client.SubscribeTo("a", 2);
        client.Drop();
        TestClient publisher = broker.Connect("p", version);
        publisher.Publish("a", "1", 2);
        client = broker.Resume("c", version);
        ServerPacket first = client.Next()!;

        client.SubscribeTo("a", 0);
        client.Answer(first);

        Assert.Equal(ReasonCode.Success, publisher.Publish("a", "2", 2));
        Assert.Equal(QualityOfService.ExactlyOnce, Assert.IsType<ServerPacket.Publish>(first).Qos);
        Assert.Equal(["a=2 q0"], client.Seen());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.8.4-3")]
    [Clause("MQTT-4.7.3-4")]
    public void Filters_that_only_look_alike_are_different(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);

        client.SubscribeTo(
            new SubscribeFilter("a"), new SubscribeFilter("A"), new SubscribeFilter("/a"), new SubscribeFilter("a/"),
            new SubscribeFilter("a "), new SubscribeFilter("\u00C5"), new SubscribeFilter("A\u030A"));
        Assert.Equal(7, broker.Broker.Context.Subscriptions.Count);

        TestClient publisher = broker.Connect("p", version);
        publisher.Publish("\u00C5", "composed");
        publisher.Publish("A\u030A", "decomposed");
        Assert.Equal(["composed", "decomposed"], client.Messages().Select(m => m.Text));
        client.UnsubscribeFrom("\u00C5");
        publisher.Publish("\u00C5", "gone");
        publisher.Publish("A\u030A", "still");
        Assert.Equal(["still"], client.Messages().Select(m => m.Text));
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.8.4-3")]
    public void A_kept_session_keeps_subscriptions_and_their_options(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        broker.Resume("c", version).SubscribeTo("a", 1);

        TestClient client = broker.Resume("c", version);
        broker.Connect("p", version).Publish("a", "x", 2);

        Assert.True(client.ConnAck.SessionPresent);
        Assert.Equal(["a=x q1"], client.Seen());
    }
}

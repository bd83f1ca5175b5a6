using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>DUP, RETAIN and QoS of what the broker sends.</summary>
public sealed class OutgoingFlagTests
{
    [Theory]
    [MemberData(nameof(Versions.WithAcknowledgedQos), MemberType = typeof(Versions))]
    [Clause("MQTT-3.3.1-3")]
    [Clause("V311:MQTT-3.3.1-3")]
    public void The_publishers_DUP_does_not_travel_on(ProtocolVersion version, QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", QualityOfService.ExactlyOnce, version);
        TestClient publisher = broker.Connect("publisher", version);

        publisher.Publish("a", "x", qos, 1, dup: true);

        Assert.False(subscriber.ExpectMessage("x").Dup);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(0, 2)]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 0)]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    [Clause("MQTT-3.8.4-8")]
    [Clause("V311:MQTT-3.8.4-6")]
    public void A_message_is_sent_at_the_lower_of_both_QoS(int published, int granted)
    {
        using var broker = new TestBroker();
        TestClient[] subscribers = [broker.Connect("3", ProtocolVersion.V311), broker.Connect("5")];
        foreach (TestClient subscriber in subscribers) subscriber.Subscribe("a", (QualityOfService)granted);

        broker.Connect("publisher").PublishToEnd("a", "x", (QualityOfService)published);

        Assert.All(subscribers, s => Assert.Equal(Math.Min(published, granted), (int)s.ExpectMessage("x").Qos));
    }

    [Theory]
    [MemberData(nameof(Versions.WithEveryQos), MemberType = typeof(Versions))]
    [Clause("MQTT-3.3.1-12")]
    [Clause("V311:MQTT-3.3.1-9")]
    public void An_established_subscription_gets_RETAIN_0(ProtocolVersion version, QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", qos, version);

        broker.Connect("publisher").PublishToEnd("a", "x", qos, retain: true);

        Assert.False(subscriber.ExpectMessage("x").Retain);
    }

    [Theory]
    [MemberData(nameof(Versions.EveryQos), MemberType = typeof(Versions))]
    [Clause("MQTT-3.3.1-13")]
    public void RETAIN_is_kept_where_the_subscription_asks_for_it_also_when_sent_again(QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Resume("subscriber");
        subscriber.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, new SubscribeFilter("a", qos, RetainAsPublished: true)));
        subscriber.Expect<ServerPacket.SubAck>();
        TestClient publisher = broker.Connect("publisher");

        publisher.PublishToEnd("a", "kept", qos, 1, retain: true);
        publisher.PublishToEnd("a", "not", qos, 2);

        Assert.True(subscriber.ExpectMessage("kept").Retain);
        Assert.False(subscriber.ExpectMessage("not").Retain);
        if (qos == QualityOfService.AtMostOnce) return;
        subscriber.Drop();
        subscriber = broker.Resume("subscriber");
        Assert.True(subscriber.ExpectMessage("kept").Retain);
        Assert.False(subscriber.ExpectMessage("not").Retain);
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-3.3.2-3")]
    [Clause("V311:MQTT-3.3.2-3")]
    public void The_topic_is_the_publishers_not_the_filter(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a/+/#", version: version);

        broker.Connect("publisher").Publish("a/b/c");

        Assert.Equal("a/b/c", subscriber.ExpectMessage("payload").Topic);
    }
}

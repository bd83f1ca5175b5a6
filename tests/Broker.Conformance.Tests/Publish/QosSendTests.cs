using Broker.Core.Protocol;
using Broker.Core.Sessions;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>QoS 1 and 2 from the broker to a client, with the connection lost at each point of the exchange.</summary>
public sealed class QosSendTests
{
    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.3.1-1")]
    [Clause("MQTT-2.2.1-2")]
    [Clause("V311:MQTT-4.3.1-1")]
    public void QoS_0_is_sent_once_without_DUP(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", QualityOfService.AtMostOnce, version);

        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.ExactlyOnce);

        ServerPacket.Publish message = subscriber.ExpectMessage("x");
        Assert.Equal((QualityOfService.AtMostOnce, false), (message.Qos, message.Dup));
        subscriber.ExpectNothing();
    }

    [Theory]
    [MemberData(nameof(Versions.WithAcknowledgedQos), MemberType = typeof(Versions))]
    [Clause("MQTT-4.3.2-1")]
    [Clause("MQTT-4.3.2-2")]
    [Clause("MQTT-4.3.3-1")]
    [Clause("MQTT-4.3.3-2")]
    [Clause("MQTT-2.2.1-4")]
    [Clause("V311:MQTT-4.3.2-1")]
    [Clause("V311:MQTT-4.3.3-1")]
    public void Each_message_gets_an_identifier_of_its_own_and_no_DUP(ProtocolVersion version, QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", qos, version);
        TestClient publisher = broker.Connect("publisher");

        for (ushort id = 1; id <= 50; id++) publisher.PublishToEnd("a", "x", QualityOfService.ExactlyOnce, id);

        ServerPacket.Publish[] messages = [.. subscriber.All().Cast<ServerPacket.Publish>()];
        Assert.Equal(50, messages.Select(m => m.PacketId).Distinct().Count());
        Assert.All(messages, m => Assert.True(m.PacketId != 0 && !m.Dup && m.Qos == qos));
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.3.3-4")]
    [Clause("V311:MQTT-4.3.3-1")]
    public void PUBREC_is_answered_with_PUBREL_each_time(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", QualityOfService.ExactlyOnce, version);
        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.ExactlyOnce);
        ushort id = subscriber.ExpectMessage("x").PacketId;

        for (int i = 0; i < 3; i++)
        {
            subscriber.PubRec(id);
            Assert.Equal(ReasonCode.Success, subscriber.ExpectAck<ServerPacket.PubRel>(id).ReasonCode);
        }

        subscriber.PubComp(id);
        subscriber.ExpectNothing();
    }

    [Theory]
    [MemberData(nameof(Versions.WithAcknowledgedQos), MemberType = typeof(Versions))]
    [Clause("MQTT-4.4.0-1")]
    [Clause("V311:MQTT-4.4.0-1")]
    public void Nothing_is_sent_again_while_the_connection_lives(ProtocolVersion version, QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", qos, version);
        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.ExactlyOnce);
        subscriber.ExpectMessage("x");

        for (int i = 0; i < 10; i++)
        {
            broker.Advance(TimeSpan.FromSeconds(30));
            subscriber.ExpectAlive();
        }
    }

    [Theory]
    [MemberData(nameof(Versions.WithAcknowledgedQos), MemberType = typeof(Versions))]
    [Clause("MQTT-3.3.1-1")]
    [Clause("MQTT-4.3.2-3")]
    [Clause("MQTT-4.3.3-3")]
    [Clause("MQTT-4.4.0-1")]
    [Clause("V311:MQTT-3.3.1-1")]
    [Clause("V311:MQTT-4.4.0-1")]
    public void A_message_without_an_answer_is_sent_again_with_DUP_and_its_identifier(ProtocolVersion version, QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.KeptSubscriber("a", qos, version);
        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.ExactlyOnce);
        ServerPacket.Publish first = subscriber.ExpectMessage("x");
        Assert.False(first.Dup);

        for (int i = 0; i < 3; i++)
        {
            subscriber.Drop();
            subscriber = broker.Resume("subscriber", version);
            ServerPacket.Publish again = subscriber.ExpectMessage("x");
            Assert.Equal((true, first.PacketId, qos, "a"), (again.Dup, again.PacketId, again.Qos, again.Topic));
            subscriber.ExpectNothing();
        }

        subscriber.Finish(first);
        subscriber.Drop();
        broker.Resume("subscriber", version).ExpectNothing();
    }

    [Theory]
    [MemberData(nameof(Versions.WithAcknowledgedQos), MemberType = typeof(Versions))]
    [Clause("MQTT-4.3.2-3")]
    [Clause("V311:MQTT-4.4.0-1")]
    public void A_message_that_the_network_swallowed_is_sent_again(ProtocolVersion version, QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.KeptSubscriber("a", qos, version);
        subscriber.Stall();
        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.ExactlyOnce);
        subscriber.Drop();

        subscriber = broker.Resume("subscriber", version);

        subscriber.Finish(subscriber.ExpectMessage("x"));
        subscriber.ExpectNothing();
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.3.3-5")]
    [Clause("MQTT-4.3.3-6")]
    [Clause("V311:MQTT-4.3.3-1")]
    [Clause("V311:MQTT-4.4.0-1")]
    public void After_PUBREC_only_PUBREL_is_sent_again(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.ExactlyOnce, version);
        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.ExactlyOnce);
        ushort id = subscriber.ExpectMessage("x").PacketId;
        subscriber.PubRec(id);

        for (int i = 0; i < 3; i++)
        {
            subscriber.Drop();
            subscriber = broker.Resume("subscriber", version);
            Assert.Equal(ReasonCode.Success, subscriber.ExpectAck<ServerPacket.PubRel>(id).ReasonCode);
            subscriber.ExpectNothing();
        }

        subscriber.PubComp(id);
        subscriber.Drop();
        broker.Resume("subscriber", version).ExpectNothing();
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.3.3-4")]
    public void A_PUBREC_that_the_broker_got_and_whose_PUBREL_was_lost_ends_in_one_delivery(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.ExactlyOnce, version);
        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.ExactlyOnce);
        ushort id = subscriber.ExpectMessage("x").PacketId;
        subscriber.Stall();
        subscriber.PubRec(id);
        subscriber.Drop();

        subscriber = broker.Resume("subscriber", version);
        subscriber.ExpectAck<ServerPacket.PubRel>(id);
        subscriber.PubRec(id); // a client that sends its own unfinished packets again
        subscriber.ExpectAck<ServerPacket.PubRel>(id);
        subscriber.PubComp(id);

        subscriber.ExpectNothing();
        Assert.Equal(0, broker.CountMessages() - broker.Broker.Context.Retained.Count);
    }

    [Theory]
    [InlineData(QualityOfService.AtLeastOnce, ReasonCode.QuotaExceeded)]
    [InlineData(QualityOfService.AtLeastOnce, ReasonCode.UnspecifiedError)]
    [InlineData(QualityOfService.ExactlyOnce, ReasonCode.NotAuthorized)]
    [InlineData(QualityOfService.ExactlyOnce, ReasonCode.PayloadFormatInvalid)]
    [Clause("MQTT-4.4.0-2")]
    [Clause("MQTT-4.3.3-4")]
    public void A_message_that_the_client_refused_is_finished(QualityOfService qos, ReasonCode reason)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.KeptSubscriber("a", qos);
        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.ExactlyOnce);

        subscriber.Acknowledge(subscriber.ExpectMessage("x"), reason);

        subscriber.ExpectNothing();
        subscriber.Drop();
        broker.Resume("subscriber").ExpectNothing();
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.3.1-1")]
    public void QoS_0_that_was_not_sent_is_dropped_and_counted_when_the_connection_is_lost(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.ExactlyOnce, version);
        TestClient publisher = broker.Connect("publisher");
        subscriber.Stall();
        publisher.Publish("a", "0");
        publisher.PublishToEnd("a", "1", QualityOfService.AtLeastOnce);
        subscriber.Drop();

        Assert.Equal(["1"], broker.Resume("subscriber", version).Texts());
        Assert.Equal(1, broker.Broker.Context.Metrics.Dropped(DeliverOutcome.Offline));
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    public void A_message_in_flight_is_delivered_even_if_its_subscription_ends(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.ExactlyOnce, version);
        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.ExactlyOnce);
        ServerPacket.Publish message = subscriber.ExpectMessage("x");
        subscriber.Send(ClientPackets.Unsubscribe(version, 7, "a"));
        subscriber.Expect<ServerPacket.UnsubAck>();
        subscriber.Drop();

        subscriber = broker.Resume("subscriber", version);

        Assert.Equal(message.PacketId, subscriber.ExpectMessage("x").PacketId);
        subscriber.Finish(message);
        subscriber.ExpectNothing();
    }
}

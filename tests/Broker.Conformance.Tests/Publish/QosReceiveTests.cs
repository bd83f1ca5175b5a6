using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>QoS 1 and 2 from a client to the broker, with the connection lost at each point of the exchange.</summary>
public sealed class QosReceiveTests
{
    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-3.3.4-1")]
    [Clause("V311:MQTT-3.3.4-1")]
    public void QoS_0_has_no_answer(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");
        TestClient publisher = broker.Connect("publisher", version);

        publisher.Publish("a");

        subscriber.ExpectMessage("payload");
        publisher.ExpectAlive();
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-3.3.4-1")]
    [Clause("MQTT-4.3.2-4")]
    [Clause("MQTT-2.2.1-5")]
    [Clause("V311:MQTT-4.3.2-2")]
    [Clause("V311:MQTT-2.3.1-6")]
    public void QoS_1_is_answered_with_PUBACK_of_the_same_identifier(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");
        TestClient publisher = broker.Connect("publisher", version);

        publisher.Publish("a", "1", QualityOfService.AtLeastOnce, 65_535);
        publisher.Publish("a", "2", QualityOfService.AtLeastOnce, 1);

        Assert.Equal(ReasonCode.Success, publisher.ExpectAck<ServerPacket.PubAck>(65_535).ReasonCode);
        Assert.Equal(ReasonCode.Success, publisher.ExpectAck<ServerPacket.PubAck>(1).ReasonCode);
        publisher.ExpectNothing();
        Assert.Equal(["1", "2"], subscriber.Texts());
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.3.2-5")]
    [Clause("V311:MQTT-4.3.2-2")]
    public void After_PUBACK_the_identifier_means_a_new_message(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");
        TestClient publisher = broker.Connect("publisher", version);

        publisher.PublishToEnd("a", "1", QualityOfService.AtLeastOnce, 5);
        publisher.PublishToEnd("a", "1", QualityOfService.AtLeastOnce, 5);
        publisher.Publish("a", "1", QualityOfService.AtLeastOnce, 5, dup: true);

        publisher.ExpectAck<ServerPacket.PubAck>(5);
        Assert.Equal(3, subscriber.Texts().Count);
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-3.3.4-1")]
    [Clause("MQTT-4.3.3-8")]
    [Clause("MQTT-4.3.3-11")]
    [Clause("V311:MQTT-4.3.3-2")]
    public void QoS_2_goes_PUBLISH_PUBREC_PUBREL_PUBCOMP(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", QualityOfService.AtMostOnce);
        TestClient publisher = broker.Connect("publisher", version);

        publisher.Publish("a", "x", QualityOfService.ExactlyOnce, 9);
        publisher.ExpectAck<ServerPacket.PubRec>(9);
        publisher.ExpectNothing();
        publisher.PubRel(9);
        Assert.Equal(ReasonCode.Success, publisher.ExpectAck<ServerPacket.PubComp>(9).ReasonCode);

        publisher.ExpectNothing();
        Assert.Equal(["x"], subscriber.Texts());
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.3.3-10")]
    [Clause("V311:MQTT-4.3.3-2")]
    public void A_QoS_2_message_sent_again_before_PUBREL_is_answered_again_and_not_delivered_again(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");
        TestClient publisher = broker.Connect("publisher", version);

        publisher.Publish("a", "x", QualityOfService.ExactlyOnce, 9);
        for (int i = 0; i < 100; i++) publisher.Publish("a", "x", QualityOfService.ExactlyOnce, 9, dup: i % 2 == 0);

        Assert.Equal(101, publisher.All().OfType<ServerPacket.PubRec>().Count(p => p.PacketId == 9));
        Assert.Equal(["x"], subscriber.Texts());
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.3.3-12")]
    [Clause("V311:MQTT-4.3.3-2")]
    public void After_PUBCOMP_the_identifier_means_a_new_message(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");
        TestClient publisher = broker.Connect("publisher", version);

        publisher.PublishToEnd("a", "1", QualityOfService.ExactlyOnce, 9);
        publisher.PublishToEnd("a", "2", QualityOfService.ExactlyOnce, 9);

        Assert.Equal(["1", "2"], subscriber.Texts());
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.3.2-3")]
    [Clause("MQTT-4.4.0-1")]
    [Clause("V311:MQTT-4.4.0-1")]
    public void A_QoS_1_message_whose_PUBACK_was_lost_is_taken_again(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");
        TestClient publisher = broker.Resume("publisher", version);
        publisher.Stall();
        publisher.Publish("a", "x", QualityOfService.AtLeastOnce, 3);
        publisher.Drop();

        publisher = broker.Resume("publisher", version);
        publisher.Publish("a", "x", QualityOfService.AtLeastOnce, 3, dup: true);

        publisher.ExpectAck<ServerPacket.PubAck>(3);
        Assert.Equal(["x", "x"], subscriber.Texts());
    }

    public static MatrixTheoryData<ProtocolVersion, LossPoint> LossPoints => new(
        [ProtocolVersion.V311, ProtocolVersion.V5], Enum.GetValues<LossPoint>());

    [Theory]
    [MemberData(nameof(LossPoints))]
    [Clause("MQTT-4.3.3-10")]
    [Clause("MQTT-4.3.3-13")]
    [Clause("MQTT-4.4.0-1")]
    [Clause("V311:MQTT-4.4.0-1")]
    [Clause("V311:MQTT-4.3.3-2")]
    public void A_QoS_2_message_arrives_once_wherever_the_connection_is_lost(ProtocolVersion version, LossPoint loss)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");
        TestClient publisher = broker.Resume("publisher", version);
        bool hasPubRec = loss > LossPoint.BeforePubRec;

        // The first connection, up to the loss.
        byte[] publish = ClientPackets.Publish(version, "a", "x", QualityOfService.ExactlyOnce, 3);
        if (loss == LossPoint.WithinPublish) publisher.Send(publish[..^1]);
        if (loss == LossPoint.BeforePubRec) publisher.Stall();
        if (loss > LossPoint.WithinPublish) publisher.Send(publish);
        if (hasPubRec) publisher.ExpectAck<ServerPacket.PubRec>(3);
        if (loss == LossPoint.WithinPubRel) publisher.Send(ClientPackets.PubRel(version, 3)[..2]);
        if (loss == LossPoint.BeforePubComp) publisher.Stall();
        if (loss >= LossPoint.BeforePubComp) publisher.PubRel(3);
        if (loss == LossPoint.AfterPubComp) publisher.ExpectAck<ServerPacket.PubComp>(3);
        publisher.Drop();

        // The second, as a client goes on that knows what it received.
        publisher = broker.Resume("publisher", version);
        Assert.True(publisher.ConnAck.SessionPresent);
        if (!hasPubRec)
        {
            publisher.Publish("a", "x", QualityOfService.ExactlyOnce, 3, dup: true);
            publisher.ExpectAck<ServerPacket.PubRec>(3);
        }

        if (loss != LossPoint.AfterPubComp)
        {
            publisher.PubRel(3);
            ReasonCode expected = version == ProtocolVersion.V5 && loss == LossPoint.BeforePubComp ? ReasonCode.PacketIdentifierNotFound : ReasonCode.Success;
            Assert.Equal(expected, publisher.ExpectAck<ServerPacket.PubComp>(3).ReasonCode);
        }

        publisher.ExpectNothing();
        Assert.Equal(["x"], subscriber.Texts());
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-3.1.2-4")]
    [Clause("V311:MQTT-3.1.2-6")]
    public void A_clean_start_forgets_unfinished_QoS_2_publications(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");
        broker.Resume("publisher", version).Publish("a", "1", QualityOfService.ExactlyOnce, 3);

        TestClient publisher = broker.Connect("publisher", version);
        publisher.PublishToEnd("a", "2", QualityOfService.ExactlyOnce, 3);

        Assert.Equal(["1", "2"], subscriber.Texts());
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.3.3-10")]
    public void A_takeover_keeps_unfinished_QoS_2_publications(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");
        TestClient first = broker.Resume("publisher", version);
        first.Publish("a", "x", QualityOfService.ExactlyOnce, 3);

        TestClient second = broker.Resume("publisher", version);
        second.Publish("a", "x", QualityOfService.ExactlyOnce, 3, dup: true);

        second.ExpectAck<ServerPacket.PubRec>(3);
        Assert.Equal(["x"], subscriber.Texts());
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.5.0-1")]
    [Clause("V311:MQTT-4.5.0-1")]
    public void A_message_is_added_to_every_matching_session_connected_or_not(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient present = broker.Connect("present", version);
        present.Subscribe("a/#", QualityOfService.AtLeastOnce);
        TestClient absent = broker.Resume("absent", version);
        absent.Subscribe("a/b", QualityOfService.ExactlyOnce);
        absent.Drop();

        broker.Connect("publisher", version).PublishToEnd("a/b", "x", QualityOfService.ExactlyOnce);

        Assert.Equal(QualityOfService.AtLeastOnce, present.ExpectMessage("x").Qos);
        Assert.Equal(QualityOfService.ExactlyOnce, broker.Resume("absent", version).ExpectMessage("x").Qos);
    }

    /// <summary>Where the connection is lost.</summary>
    public enum LossPoint
    {
        WithinPublish,
        BeforePubRec,
        AfterPubRec,
        WithinPubRel,
        BeforePubComp,
        AfterPubComp,
    }
}

using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>What PUBACK, PUBREC, PUBREL and PUBCOMP say, and to whom they say why.</summary>
public sealed class AckReasonTests
{
    [Theory]
    [MemberData(nameof(Versions.AcknowledgedQos), MemberType = typeof(Versions))]
    [Clause("MQTT-3.4.2-1")]
    [Clause("MQTT-3.5.2-1")]
    public void Nobody_subscribes_0x10(QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("publisher");

        Assert.Equal(ReasonCode.NoMatchingSubscribers, publisher.PublishToEnd("a", "x", qos));
        broker.Subscriber("a");
        Assert.Equal(ReasonCode.Success, publisher.PublishToEnd("a", "x", qos));
    }

    [Theory]
    [MemberData(nameof(Versions.AcknowledgedQos), MemberType = typeof(Versions))]
    [Clause("MQTT-3.4.2-1")]
    [Clause("MQTT-3.5.2-1")]
    public void A_reserved_topic_0x87(QualityOfService qos) => IsRefused(qos, "$SYS/a", ReasonCode.NotAuthorized);

    [Theory]
    [MemberData(nameof(Versions.AcknowledgedQos), MemberType = typeof(Versions))]
    [Clause("MQTT-3.4.2-1")]
    [Clause("MQTT-3.5.2-1")]
    public void A_topic_that_is_too_long_0x90(QualityOfService qos) => IsRefused(qos, new string('a', 4_097), ReasonCode.TopicNameInvalid);

    [Theory]
    [MemberData(nameof(Versions.WithEveryQos), MemberType = typeof(Versions))]
    [Clause("MQTT-3.3.4-1")]
    [Clause("V311:MQTT-3.3.5-2")]
    public void Who_may_not_publish_learns_it_at_version_5_and_is_acknowledged_at_version_3(ProtocolVersion version, QualityOfService qos)
    {
        using var broker = new TestBroker(configure: parts => parts with { Authorizer = new NobodyPublishes() });
        TestClient subscriber = broker.Subscriber("a");
        TestClient publisher = broker.Connect("publisher", version);

        ReasonCode reason = publisher.PublishToEnd("a", "x", qos);

        bool isTold = version == ProtocolVersion.V5 && qos != QualityOfService.AtMostOnce;
        Assert.Equal(isTold ? ReasonCode.NotAuthorized : ReasonCode.Success, reason);
        publisher.ExpectAlive();
        subscriber.ExpectNothing();
    }

    [Fact]
    public void QoS_1_with_the_identifier_of_an_unfinished_QoS_2_publication_0x91()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");
        TestClient publisher = broker.Connect("publisher");
        publisher.Publish("a", "2", QualityOfService.ExactlyOnce, 7);
        publisher.ExpectAck<ServerPacket.PubRec>(7);

        publisher.Publish("a", "1", QualityOfService.AtLeastOnce, 7);

        ServerPacket.PubAck answer = publisher.ExpectAck<ServerPacket.PubAck>(7);
        Assert.Equal(ReasonCode.PacketIdentifierInUse, answer.ReasonCode);
        Assert.Equal(["2"], subscriber.Texts());
        publisher.PubRel(7);
        Assert.Equal(ReasonCode.Success, publisher.ExpectAck<ServerPacket.PubComp>(7).ReasonCode);
    }

    [Fact]
    [Clause("MQTT-3.7.2-1")]
    [Clause("MQTT-4.3.3-11")]
    public void PUBREL_of_nothing_is_answered_with_PUBCOMP_0x92()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("client");

        for (ushort id = 1; id < 100; id++)
        {
            client.PubRel(id);
            Assert.Equal(ReasonCode.PacketIdentifierNotFound, client.ExpectAck<ServerPacket.PubComp>(id).ReasonCode);
        }
    }

    [Fact]
    [Clause("MQTT-3.6.2-1")]
    public void PUBREC_of_nothing_is_answered_with_PUBREL_0x92()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("client");

        client.PubRec(65_535);

        Assert.Equal(ReasonCode.PacketIdentifierNotFound, client.ExpectAck<ServerPacket.PubRel>(65_535).ReasonCode);
        client.PubComp(65_535);
        client.ExpectAlive();
    }

    [Fact]
    [Clause("V311:MQTT-4.3.3-2")]
    public void Older_clients_get_the_same_packets_without_a_code()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("client", ProtocolVersion.V311);

        client.PubRel(5);
        client.ExpectAck<ServerPacket.PubComp>(5);
        client.PubRec(6);
        client.ExpectAck<ServerPacket.PubRel>(6);
        client.Publish("nobody", "x", QualityOfService.AtLeastOnce, 7);

        client.ExpectAck<ServerPacket.PubAck>(7);
        client.ExpectAlive();
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData((byte)1, true)]
    [InlineData((byte)0, false)]
    [Clause("MQTT-3.1.2-29")]
    public void Reason_strings_come_unless_the_client_declined_them(byte? request, bool isExpected)
    {
        using var broker = new TestBroker();
        Properties properties = request is { } value ? new Properties().RequestProblemInformation(value) : [];
        TestClient client = broker.ConnectWith("client", properties);

        foreach (QualityOfService qos in (QualityOfService[])[QualityOfService.AtLeastOnce, QualityOfService.ExactlyOnce])
        {
            client.Publish("$SYS/a", "x", qos, 1);
            Assert.Equal(isExpected, client.Answer(qos, 1).ReasonString is not null);
        }

        client.PubRel(9);
        Assert.Equal(isExpected, client.Expect<ServerPacket.PubComp>().ReasonString is not null);
        client.PubRec(9);
        Assert.Equal(isExpected, client.Expect<ServerPacket.PubRel>().ReasonString is not null);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(100)]
    [Clause("MQTT-3.4.2-2")]
    [Clause("MQTT-3.5.2-2")]
    [Clause("MQTT-3.6.2-2")]
    [Clause("MQTT-3.7.2-2")]
    public void A_reason_string_never_makes_a_packet_larger_than_the_client_takes(int maximum)
    {
        using var broker = new TestBroker();
        TestClient client = broker.ConnectWith("client", new Properties().MaximumPacketSize((uint)maximum));
        Action[] steps =
        [
            () => client.Publish("$SYS/a", "x", QualityOfService.AtLeastOnce, 1),
            () => client.Publish("$SYS/a", "x", QualityOfService.ExactlyOnce, 1),
            () => client.PubRel(9),
            () => client.PubRec(9),
        ];

        foreach (Action step in steps)
        {
            step();
            Assert.InRange(client.PendingBytes, 4, maximum);
            Assert.IsAssignableFrom<ServerPacket.Ack>(client.Next());
        }
    }

    [Fact]
    [Clause("MQTT-4.3.3-9")]
    public void After_a_refused_QoS_2_publication_the_identifier_is_free()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a");
        TestClient publisher = broker.Connect("publisher");

        Assert.Equal(ReasonCode.NotAuthorized, publisher.PublishToEnd("$SYS/a", "x", QualityOfService.ExactlyOnce, 4));
        Assert.Equal(ReasonCode.Success, publisher.PublishToEnd("a", "x", QualityOfService.ExactlyOnce, 4));

        subscriber.ExpectMessage("x");
    }

    [Theory]
    [MemberData(nameof(Versions.WithAcknowledgedQos), MemberType = typeof(Versions))]
    public void A_topic_that_is_too_deep_is_refused_in_the_words_that_the_version_has(ProtocolVersion version, QualityOfService qos)
    {
        using var broker = new TestBroker(new() { TopicLevels = 3 });
        TestClient publisher = broker.Connect("publisher", version);
        publisher.Publish("a/b/c", "x", qos, 1);
        publisher.Answer(qos, 1);

        publisher.Publish("a/b/c/d", "x", qos, 2);

        if (version == ProtocolVersion.V5) Assert.Equal(ReasonCode.TopicNameInvalid, publisher.Answer(qos, 2).ReasonCode);
        else publisher.ExpectClosed();
    }

    private static void IsRefused(QualityOfService qos, string topic, ReasonCode reason)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("#");
        TestClient publisher = broker.Connect("publisher");

        Assert.Equal(reason, publisher.PublishToEnd(topic, "x", qos));

        publisher.ExpectAlive();
        subscriber.ExpectNothing();
    }

    private sealed class NobodyPublishes : IAuthorizer
    {
        public bool IsAllowed(in AccessRequest request) => request.Action != AccessAction.Publish;
    }
}

using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>Acknowledgements that are malformed, unknown, or of the wrong kind.</summary>
public sealed class AckOutOfPlaceTests
{
    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    public void Acknowledgements_of_unknown_identifiers_are_harmless_and_leave_nothing_behind(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("client", version);

        for (int i = 0; i < 1_000; i++)
        {
            ushort id = (ushort)(1 + (i * 61));
            client.PubAck(id);
            client.PubComp(id);
            client.PubRec(id);
            client.PubRel(id);
            client.Discard();
        }

        client.ExpectAlive();
    }

    [Theory]
    [InlineData(ProtocolVersion.V311, QualityOfService.AtLeastOnce, PacketType.PubRec)]
    [InlineData(ProtocolVersion.V311, QualityOfService.AtLeastOnce, PacketType.PubComp)]
    [InlineData(ProtocolVersion.V311, QualityOfService.ExactlyOnce, PacketType.PubAck)]
    [InlineData(ProtocolVersion.V311, QualityOfService.ExactlyOnce, PacketType.PubComp)]
    [InlineData(ProtocolVersion.V5, QualityOfService.AtLeastOnce, PacketType.PubRec)]
    [InlineData(ProtocolVersion.V5, QualityOfService.AtLeastOnce, PacketType.PubComp)]
    [InlineData(ProtocolVersion.V5, QualityOfService.ExactlyOnce, PacketType.PubAck)]
    [InlineData(ProtocolVersion.V5, QualityOfService.ExactlyOnce, PacketType.PubComp)]
    [Clause("MQTT-4.13.1-1")]
    [Clause("V311:MQTT-4.8.0-1")]
    public void An_answer_of_another_QoS_or_too_early_ends_the_connection_and_the_message_stays(
        ProtocolVersion version, QualityOfService qos, PacketType answer)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.KeptSubscriber("a", qos, version);
        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.ExactlyOnce);
        ushort id = subscriber.ExpectMessage("x").PacketId;

        subscriber.Send(ClientPackets.Packet((byte)((int)answer << 4), (byte)(id >> 8), (byte)id));

        subscriber.ExpectClosed(ReasonCode.ProtocolError);
        Assert.Equal(id, broker.Resume("subscriber", version).ExpectMessage("x").PacketId);
    }

    [Theory]
    [InlineData(0x40)]
    [InlineData(0x50)]
    [InlineData(0x62)]
    [InlineData(0x70)]
    public void Identifier_0_and_a_missing_identifier_end_the_connection(byte first)
    {
        foreach (ProtocolVersion version in (ProtocolVersion[])[ProtocolVersion.V311, ProtocolVersion.V5])
        {
            using var broker = new TestBroker();
            TestClient zero = broker.Connect("zero", version);
            TestClient missing = broker.Connect("missing", version);

            zero.Send(ClientPackets.Packet(first, 0, 0));
            missing.Send(ClientPackets.Packet(first, 1));

            zero.ExpectClosed(ReasonCode.ProtocolError);
            missing.ExpectClosed(ReasonCode.MalformedPacket);
        }
    }

    [Theory]
    [InlineData(0x60)]
    [InlineData(0x63)]
    [InlineData(0x41)]
    [InlineData(0x52)]
    [InlineData(0x78)]
    [Clause("MQTT-3.6.1-1")]
    [Clause("MQTT-2.1.3-1")]
    [Clause("V311:MQTT-3.6.1-1")]
    [Clause("V311:MQTT-2.2.2-2")]
    public void Reserved_flags_end_the_connection(byte first)
    {
        foreach (ProtocolVersion version in (ProtocolVersion[])[ProtocolVersion.V311, ProtocolVersion.V5])
        {
            using var broker = new TestBroker();
            TestClient client = broker.Connect("client", version);

            client.Send(ClientPackets.Packet(first, 0, 1));

            client.ExpectClosed(ReasonCode.MalformedPacket);
        }
    }

    [Theory]
    [InlineData(PacketType.PubAck, ReasonCode.PacketIdentifierNotFound)]
    [InlineData(PacketType.PubAck, (ReasonCode)0x01)]
    [InlineData(PacketType.PubRec, ReasonCode.PacketIdentifierNotFound)]
    [InlineData(PacketType.PubRec, (ReasonCode)0xFF)]
    [InlineData(PacketType.PubRel, ReasonCode.NotAuthorized)]
    [InlineData(PacketType.PubRel, ReasonCode.NoMatchingSubscribers)]
    [InlineData(PacketType.PubComp, ReasonCode.QuotaExceeded)]
    [Clause("MQTT-3.4.2-1")]
    [Clause("MQTT-3.5.2-1")]
    [Clause("MQTT-3.6.2-1")]
    [Clause("MQTT-3.7.2-1")]
    public void A_reason_code_that_the_packet_cannot_have_ends_the_connection(PacketType type, ReasonCode reason)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("client");

        client.Send(ClientPackets.Packet((byte)(((int)type << 4) | (type == PacketType.PubRel ? 2 : 0)), 0, 1, (byte)reason));

        client.ExpectClosed(ReasonCode.ProtocolError);
    }

    [Fact]
    public void Properties_of_acknowledgements_are_taken_and_checked()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", QualityOfService.ExactlyOnce);
        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.ExactlyOnce);
        ushort id = subscriber.ExpectMessage("x").PacketId;
        Properties properties = new Properties().Reason("why").User("a", "1").User("a", "2");

        subscriber.Send(ClientPackets.PubRec(ProtocolVersion.V5, id, properties: properties));
        subscriber.ExpectAck<ServerPacket.PubRel>(id);
        subscriber.Send(ClientPackets.PubComp(ProtocolVersion.V5, id, properties: properties));
        subscriber.ExpectAlive();

        subscriber.Send(ClientPackets.PubAck(ProtocolVersion.V5, 1, properties: new Properties().Reason("1").Reason("2")));
        subscriber.ExpectClosed(ReasonCode.ProtocolError);
    }

    [Fact]
    public void Bytes_after_the_end_are_malformed()
    {
        using var broker = new TestBroker();
        TestClient older = broker.Connect("older", ProtocolVersion.V311);
        TestClient client = broker.Connect("client");

        older.Send(ClientPackets.Packet(0x40, 0, 1, 0));
        client.Send(ClientPackets.Packet(0x40, 0, 1, 0, 0, 0));

        older.ExpectClosed();
        client.ExpectClosed(ReasonCode.MalformedPacket);
    }

    [Fact]
    public void A_second_PUBACK_is_harmless()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", QualityOfService.AtLeastOnce);
        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.AtLeastOnce);
        ushort id = subscriber.ExpectMessage("x").PacketId;

        subscriber.PubAck(id);
        subscriber.PubAck(id);

        subscriber.ExpectAlive();
    }
}

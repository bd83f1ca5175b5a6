using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>3.8 SUBSCRIBE: the packet itself.</summary>
public sealed class SubscribePacketTests
{
    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.8.4-1")]
    [Clause("MQTT-3.8.4-2")]
    public void Suback_has_the_packet_identifier_of_its_subscribe(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);

        foreach (ushort id in new ushort[] { 1, 256, 65_535 })
        {
            client.Send(ClientPackets.Subscribe(version, id, "a"));
            Assert.Equal(id, client.Expect<ServerPacket.SubAck>().PacketId);
        }

        client.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.8.1-1")]
    public void Reserved_flags_other_than_0010_are_malformed(ProtocolVersion version)
    {
        for (int flags = 0; flags < 16; flags++)
        {
            if (flags == 2) continue;
            using var broker = new TestBroker();
            TestClient client = broker.Connect("c", version);
            byte[] packet = ClientPackets.Subscribe(version, 1, "a");
            packet[0] = (byte)(0x80 + flags);

            client.Send(packet);

            client.ExpectClosed(ReasonCode.MalformedPacket);
        }
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-2.2.1-3")]
    public void Packet_identifier_0_is_refused(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);

        client.Send(ClientPackets.Subscribe(version, 0, "a"));

        client.ExpectClosed(ReasonCode.ProtocolError);
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.8.3-2")]
    public void Without_a_topic_filter_it_is_a_protocol_error(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);

        client.Send(ClientPackets.Subscribe(version, 1, Array.Empty<SubscribeFilter>()));

        client.ExpectClosed(ReasonCode.ProtocolError);
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.8.3-1")]
    [Clause("MQTT-4.7.3-2")]
    public void A_filter_that_is_not_utf8_is_malformed(ProtocolVersion version)
    {
        byte[][] bad = [[0xC0, 0x80], [0xED, 0xA0, 0x80], [0x61, 0x00, 0x62], [0xFF], [0xE2, 0x82]];
        foreach (byte[] filter in bad)
        {
            using var broker = new TestBroker();
            TestClient client = broker.Connect("c", version);
            byte[] properties = version == ProtocolVersion.V5 ? [0] : [];

            client.Send(ClientPackets.Packet(0x82, [0, 1, .. properties, 0, (byte)filter.Length, .. filter, 0]));

            client.ExpectClosed(ReasonCode.MalformedPacket);
        }
    }

    [Fact]
    [Clause("MQTT-3.8.3-5")]
    public void Reserved_bits_of_the_options_are_malformed()
    {
        for (byte bits = 1; bits <= 3; bits++)
        {
            using var broker = new TestBroker();
            TestClient client = broker.Connect("c");

            client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, new SubscribeFilter("a") { ReservedBits = bits }));

            client.ExpectClosed(ReasonCode.MalformedPacket);
        }
    }

    [Fact]
    [Clause("V311:MQTT-3-8.3-4")]
    public void Bits_above_the_requested_qos_close_an_older_connection()
    {
        for (int bit = 2; bit < 8; bit++)
        {
            using var broker = new TestBroker();
            TestClient client = broker.Connect("c", ProtocolVersion.V311);

            client.Send(ClientPackets.Packet(0x82, 0, 1, 0, 1, (byte)'a', (byte)(1 << bit)));

            client.ExpectClosed();
        }
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("V311:MQTT-3-8.3-4")]
    public void Qos_3_is_refused(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);

        client.Send(ClientPackets.Subscribe(version, 1, "a", (QualityOfService)3));

        client.ExpectClosed(ReasonCode.ProtocolError); // 3.8.3.1
    }

    [Fact]
    public void Retain_handling_3_is_a_protocol_error()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");

        client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, new SubscribeFilter("a", RetainHandling: (RetainHandling)3)));

        client.ExpectClosed(ReasonCode.ProtocolError); // 3.8.3.1
    }

    [Theory]
    [InlineData(1)]
    [InlineData(268_435_455)]
    public void Subscription_identifiers_from_1_to_268435455_are_taken(uint identifier)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");

        client.SubscribeTo(identifier, new SubscribeFilter("a"));
        client.Publish("a", "1");

        Assert.Equal([$"a=1 q0 #{identifier}"], client.Seen());
    }

    [Fact]
    public void Subscription_identifier_0_or_two_of_them_are_protocol_errors()
    {
        Properties[] bad = [new Properties().SubscriptionIdentifier(0), new Properties().SubscriptionIdentifier(1).SubscriptionIdentifier(2)];
        foreach (Properties properties in bad)
        {
            using var broker = new TestBroker();
            TestClient client = broker.Connect("c");

            client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, properties, new SubscribeFilter("a")));

            client.ExpectClosed(ReasonCode.ProtocolError); // 3.8.2.1.2
        }
    }

    [Fact]
    public void A_subscription_identifier_of_five_bytes_is_malformed()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");

        client.Send(ClientPackets.Packet(0x82, 0, 1, 6, 0x0B, 0x80, 0x80, 0x80, 0x80, 0x01, 0, 1, (byte)'a', 0));

        client.ExpectClosed(ReasonCode.MalformedPacket); // [MQTT-1.5.5-1]
    }

    [Fact]
    public void A_property_that_does_not_belong_into_subscribe_is_malformed()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");

        client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, new Properties().ContentType("x"), new SubscribeFilter("a")));

        client.ExpectClosed(ReasonCode.MalformedPacket); // 2.2.2.2
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void A_missing_options_byte_is_malformed_and_hurts_nobody_else(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient other = broker.Connect("other", version);
        TestClient client = broker.Connect("c", version);
        byte[] properties = version == ProtocolVersion.V5 ? [0] : [];

        client.Send(ClientPackets.Packet(0x82, [0, 1, .. properties, 0, 2, (byte)'a', (byte)'b']));

        client.ExpectClosed(ReasonCode.MalformedPacket);
        other.SubscribeTo("a");
        other.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void A_malformed_last_filter_leaves_nothing_subscribed(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Resume("c", version);
        byte[] good = ClientPackets.Subscribe(version, 1, "good");

        client.Send(ClientPackets.Packet(0x82, [.. good.AsSpan(2), 0, 9, (byte)'x']));

        client.ExpectClosed(ReasonCode.MalformedPacket);
        Assert.Equal(0, broker.Broker.Context.Subscriptions.Count);
    }

    [Fact]
    public void User_properties_are_taken_up_to_the_limit()
    {
        using var broker = new TestBroker(new BrokerLimits { UserProperties = 3 });
        TestClient client = broker.Connect("c");

        foreach (int count in new[] { 2, 3 })
        {
            client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, Users(count), new SubscribeFilter("a")));
            Assert.Equal([ReasonCode.Success], client.Expect<ServerPacket.SubAck>().ReasonCodes);
            client.Send(ClientPackets.Unsubscribe(ProtocolVersion.V5, 1, Users(count), "a"));
            Assert.Equal([ReasonCode.Success], client.Expect<ServerPacket.UnsubAck>().ReasonCodes);
        }

        client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, Users(4), new SubscribeFilter("a")));
        client.ExpectClosed(ReasonCode.QuotaExceeded);
        TestClient again = broker.Connect("c");
        again.Send(ClientPackets.Unsubscribe(ProtocolVersion.V5, 1, Users(4), "a"));
        again.ExpectClosed(ReasonCode.QuotaExceeded);
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void A_subscribe_that_arrives_byte_by_byte_is_the_same(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);

        client.SendByteByByte(ClientPackets.Subscribe(version, 9, new SubscribeFilter("a/+", QualityOfService.AtLeastOnce), new SubscribeFilter("b/#")));

        Assert.Equal([ReasonCode.GrantedQos1, ReasonCode.Success], client.Expect<ServerPacket.SubAck>().ReasonCodes);
        client.ExpectNothing();
    }

    private static Properties Users(int count)
    {
        var properties = new Properties();
        for (int i = 0; i < count; i++) properties.User("k", $"{i}");
        return properties;
    }
}

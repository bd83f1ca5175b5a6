using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>3.10 UNSUBSCRIBE and 3.11 UNSUBACK.</summary>
public sealed class UnsubscribeTests
{
    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.10.4-4")]
    [Clause("MQTT-3.10.4-2")]
    public void It_is_answered_and_no_new_message_comes(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);
        client.SubscribeTo("a", 1);

        client.Send(ClientPackets.Unsubscribe(version, 65_535, "a"));
        Assert.Equal(65_535, client.Expect<ServerPacket.UnsubAck>().PacketId);
        broker.Connect("p", version).Publish("a", "x", 1);

        client.ExpectNothing();
        Assert.Equal(0, broker.Broker.Context.Subscriptions.Count);
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.10.4-1")]
    [Clause("MQTT-3.10.4-5")]
    [Clause("MQTT-3.11.3-2")]
    public void Filters_are_compared_character_by_character(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);
        client.SubscribeTo("a/+", 0);

        foreach (string other in new[] { "a/b", "a/#", "#", "+/+", "A/+", "a/+/", "/a/+", "a", "$share/g/a/+", "a/+ " })
        {
            ReasonCode[] codes = client.UnsubscribeFrom(other);
            if (version == ProtocolVersion.V5) Assert.Equal([ReasonCode.NoSubscriptionExisted], codes);
        }

        broker.Connect("p", version).Publish("a/b", "x");
        Assert.Equal(["a/b=x q0"], client.Seen());
    }

    [Fact]
    [Clause("MQTT-3.10.4-6")]
    [Clause("MQTT-3.11.3-1")]
    [Clause("MQTT-3.11.3-2")]
    public void Many_filters_in_one_packet_have_their_codes_in_order()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.SubscribeTo(new SubscribeFilter("a"), new SubscribeFilter("b"), new SubscribeFilter("$share/g/c"));

        ReasonCode[] codes = client.UnsubscribeFrom("b", "x", "$share/g/c", "b", "a", "c", "$share/h/c");

        Assert.Equal(
            [
                ReasonCode.Success, ReasonCode.NoSubscriptionExisted, ReasonCode.Success, ReasonCode.NoSubscriptionExisted, ReasonCode.Success,
                ReasonCode.NoSubscriptionExisted, ReasonCode.NoSubscriptionExisted,
            ],
            codes);
        Assert.Equal(0, broker.Broker.Context.Subscriptions.Count);
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.10.1-1")]
    public void Reserved_flags_other_than_0010_are_malformed(ProtocolVersion version)
    {
        for (int flags = 0; flags < 16; flags++)
        {
            if (flags == 2) continue;
            using var broker = new TestBroker();
            TestClient client = broker.Connect("c", version);
            byte[] packet = ClientPackets.Unsubscribe(version, 1, "a");
            packet[0] = (byte)(0xA0 + flags);

            client.Send(packet);

            client.ExpectClosed(ReasonCode.MalformedPacket);
        }
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.10.3-2")]
    [Clause("MQTT-2.2.1-3")]
    public void Without_a_filter_or_with_packet_identifier_0_it_is_a_protocol_error(ProtocolVersion version)
    {
        foreach (byte[] packet in new[] { ClientPackets.Unsubscribe(version, 1, Array.Empty<string>()), ClientPackets.Unsubscribe(version, 0, "a") })
        {
            using var broker = new TestBroker();
            TestClient client = broker.Connect("c", version);

            client.Send(packet);

            client.ExpectClosed(ReasonCode.ProtocolError);
        }
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.10.3-1")]
    public void A_filter_that_is_not_utf8_or_cut_off_is_malformed(ProtocolVersion version)
    {
        byte[] properties = version == ProtocolVersion.V5 ? [0] : [];
        foreach (byte[] filter in new byte[][] { [0, 2, 0xC0, 0x80], [0, 1, 0x00], [0, 5, 0x61], [0] })
        {
            using var broker = new TestBroker();
            TestClient client = broker.Connect("c", version);

            client.Send(ClientPackets.Packet(0xA2, [0, 1, .. properties, .. filter]));

            client.ExpectClosed(ReasonCode.MalformedPacket);
        }
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.10.4-3")]
    public void What_was_sent_and_what_waits_is_still_delivered(ProtocolVersion version)
    {
        using var broker = new TestBroker(new() { Inflight = 1 });
        TestClient client = broker.Connect("c", version);
        client.SubscribeTo("a", 2);
        TestClient publisher = broker.Connect("p", version);
        publisher.Publish("a", "sent", 2);
        publisher.Publish("a", "waits", 1);
        ServerPacket first = client.Next()!;

        client.UnsubscribeFrom("a");
        publisher.Publish("a", "too late", 2);
        client.Answer(first);

        Assert.Equal(["a=waits q1"], client.Seen());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.10.4-3")]
    public void An_unfinished_message_is_sent_again_after_reconnecting(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Resume("c", version);
        client.SubscribeTo("a", 2);
        TestClient publisher = broker.Connect("p", version);
        publisher.Publish("a", "1", 1);
        publisher.Publish("a", "2", 2);
        ushort[] ids = [.. client.All().Cast<ServerPacket.Publish>().Select(m => m.PacketId)];
        client.UnsubscribeFrom("a");
        client.Drop();

        client = broker.Resume("c", version);

        List<ServerPacket.Publish> again = client.Messages();
        Assert.Equal(["a=1 q1 dup", "a=2 q2 dup"], again.Select(Exchanges.Line));
        Assert.Equal(ids, again.Select(m => m.PacketId));
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.10.4-1")]
    public void An_overlapping_subscription_goes_on(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);
        client.SubscribeTo(new SubscribeFilter("a/b", QualityOfService.ExactlyOnce), new SubscribeFilter("a/#", QualityOfService.AtLeastOnce));

        client.UnsubscribeFrom("a/b");
        broker.Connect("p", version).Publish("a/b", "x", 2);

        Assert.Equal(["a/b=x q1"], client.Seen());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Other_clients_with_the_same_filter_are_left_alone(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient one = broker.Connect("one", version);
        TestClient two = broker.Connect("two", version);
        one.SubscribeTo("a");
        two.SubscribeTo("a");

        one.UnsubscribeFrom("a");
        broker.Connect("p", version).Publish("a", "x");

        one.ExpectNothing();
        Assert.Equal(["a=x q0"], two.Seen());
    }

    [Fact]
    public void Properties_other_than_user_properties_are_malformed()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");

        client.Send(ClientPackets.Unsubscribe(ProtocolVersion.V5, 1, new Properties().SubscriptionIdentifier(1), "a"));

        client.ExpectClosed(ReasonCode.MalformedPacket); // 2.2.2.2
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void A_packet_identifier_of_an_unfinished_qos_2_publication_is_in_use(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);
        client.SubscribeTo("a");
        client.Send(ClientPackets.Publish(version, "x", "1", QualityOfService.ExactlyOnce, 5));
        client.Expect<ServerPacket.PubRec>();

        client.Send(ClientPackets.Unsubscribe(version, 5, "a"));

        var answer = client.Expect<ServerPacket.UnsubAck>();
        if (version == ProtocolVersion.V5) Assert.Equal([ReasonCode.PacketIdentifierInUse], answer.ReasonCodes);
    }
}

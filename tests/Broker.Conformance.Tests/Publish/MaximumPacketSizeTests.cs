using Broker.Core.Protocol;
using Broker.Core.Sessions;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>Maximum Packet Size of PUBLISH, both ways.</summary>
public sealed class MaximumPacketSizeTests
{
    [Theory]
    [MemberData(nameof(Versions.EveryQos), MemberType = typeof(Versions))]
    [Clause("MQTT-3.1.2-24")]
    [Clause("MQTT-3.1.2-25")]
    public void What_a_subscriber_cannot_take_is_dropped_for_it_alone(QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient small = broker.Subscriber("a", qos, new Properties().MaximumPacketSize(100));
        TestClient large = broker.Connect("large");
        large.Subscribe("a", qos);
        TestClient publisher = broker.Connect("publisher");
        string payload = new('x', 200);

        Assert.Equal(ReasonCode.Success, publisher.PublishToEnd("a", payload, qos));
        publisher.PublishToEnd("a", "small", qos);

        small.Finish(small.ExpectMessage("small"));
        small.ExpectAlive();
        Assert.Equal(payload, large.Expect<ServerPacket.Publish>().Text);
        Assert.Equal(1, broker.Broker.Context.Metrics.Dropped(DeliverOutcome.TooLarge));
    }

    [Theory]
    [MemberData(nameof(Versions.EveryQos), MemberType = typeof(Versions))]
    [Clause("MQTT-3.1.2-24")]
    public void A_packet_of_exactly_the_maximum_is_sent_and_one_byte_more_is_not(QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", qos, new Properties().MaximumPacketSize(200));
        TestClient publisher = broker.Connect("publisher");
        int fits = 200 - 3 - 3 - (qos == QualityOfService.AtMostOnce ? 0 : 2) - 1; // header, topic, identifier, property length

        publisher.PublishToEnd("a", new string('x', fits + 1), qos, 1);
        subscriber.ExpectNothing();
        publisher.PublishToEnd("a", new string('x', fits), qos, 2);

        Assert.Equal(200, subscriber.PendingBytes);
    }

    [Fact]
    [Clause("MQTT-3.1.2-25")]
    public void A_dropped_message_takes_no_place_in_the_window()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", QualityOfService.AtLeastOnce, new Properties().MaximumPacketSize(50).ReceiveMaximum(1));
        TestClient publisher = broker.Connect("publisher");
        for (int i = 0; i < 5; i++) publisher.PublishToEnd("a", new string('x', 100), QualityOfService.AtLeastOnce);

        publisher.PublishToEnd("a", "1", QualityOfService.AtLeastOnce);

        subscriber.ExpectMessage("1");
    }

    [Theory]
    [MemberData(nameof(Versions.AcknowledgedQos), MemberType = typeof(Versions))]
    [Clause("MQTT-3.1.2-25")]
    public void A_message_in_flight_that_the_new_connection_cannot_take_is_dropped(QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.KeptSubscriber("a", qos);
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishToEnd("a", new string('x', 500), QualityOfService.ExactlyOnce);
        publisher.PublishToEnd("a", "2", QualityOfService.ExactlyOnce);
        subscriber.Drop();

        subscriber = broker.ConnectWith("subscriber", new Properties().MaximumPacketSize(50), cleanStart: false);
        subscriber.Finish(subscriber.ExpectMessage("2"));
        subscriber.ExpectNothing();
        subscriber.Drop();

        broker.Resume("subscriber").ExpectNothing();
        Assert.Equal(broker.Broker.Context.Retained.Count, broker.CountMessages());
    }

    [Fact]
    [Clause("MQTT-3.1.2-24")]
    public void A_retained_message_that_is_too_large_does_not_hold_up_the_others()
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("publisher");
        publisher.Publish("a/1", new string('x', 500), retain: true);
        publisher.Publish("a/2", "2", retain: true);

        Assert.Equal(["2"], broker.Subscriber("a/#", QualityOfService.AtMostOnce, new Properties().MaximumPacketSize(60)).Texts());
    }

    [Fact]
    [Clause("MQTT-3.1.2-24")]
    public void Properties_count()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", QualityOfService.AtMostOnce, new Properties().MaximumPacketSize(100));

        broker.Connect("publisher").Publish("a", "x", properties: new Properties().User("name", new string('v', 100)));

        subscriber.ExpectNothing();
    }

    [Fact]
    [Clause("MQTT-3.1.2-24")]
    public void Aliases_and_expiry_never_make_a_packet_too_large()
    {
        using var broker = new TestBroker();
        for (int maximum = 120; maximum < 180; maximum++)
        {
            var properties = new Properties().MaximumPacketSize((uint)maximum).TopicAliasMaximum(5);
            TestClient subscriber = broker.Subscriber("topic", QualityOfService.AtMostOnce, properties);
            TestClient publisher = broker.Connect("publisher");
            for (int size = maximum; size > maximum - 30; size--)
            {
                publisher.Publish("topic", new string('x', size), properties: new Properties().MessageExpiryInterval(100));
                Assert.InRange(subscriber.PendingBytes, 0, maximum);
                subscriber.Discard();
            }
        }
    }

    [Theory]
    [InlineData(ProtocolVersion.V311, 199, true)]
    [InlineData(ProtocolVersion.V311, 200, true)]
    [InlineData(ProtocolVersion.V311, 201, false)]
    [InlineData(ProtocolVersion.V5, 199, true)]
    [InlineData(ProtocolVersion.V5, 200, true)]
    [InlineData(ProtocolVersion.V5, 201, false)]
    [Clause("MQTT-3.2.2-15")]
    public void We_take_packets_up_to_our_own_maximum(ProtocolVersion version, int total, bool isTaken)
    {
        using var broker = new TestBroker(new() { PacketBytes = 200 });
        TestClient subscriber = broker.Subscriber("a");
        TestClient publisher = broker.Connect("publisher", version);
        if (version == ProtocolVersion.V5) Assert.Equal(200u, publisher.ConnAck.Properties.Number(PropertyId.MaximumPacketSize));
        int overhead = 3 + 3 + (version == ProtocolVersion.V5 ? 1 : 0);
        byte[] packet = ClientPackets.Publish(version, "a", new string('x', total - overhead));
        Assert.Equal(total, packet.Length);

        publisher.Send(packet);

        if (isTaken) subscriber.Expect<ServerPacket.Publish>();
        else publisher.ExpectClosed(ReasonCode.PacketTooLarge);
        subscriber.ExpectNothing();
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    public void A_packet_that_announces_too_much_is_cut_off_at_its_header(ProtocolVersion version)
    {
        using var broker = new TestBroker(new() { PacketBytes = 1_000 });
        TestClient publisher = broker.Connect("publisher", version);

        publisher.Send([0x30, 0xFF, 0xFF, 0xFF, 0x7F]);

        publisher.ExpectClosed(ReasonCode.PacketTooLarge);
    }
}

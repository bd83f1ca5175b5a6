using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>What a client that comes back is sent again, and in which order.</summary>
public sealed class RedeliveryTests
{
    [Theory]
    [MemberData(nameof(Versions.WithAcknowledgedQos), MemberType = typeof(Versions))]
    [Clause("MQTT-4.6.0-1")]
    [Clause("MQTT-4.4.0-1")]
    [Clause("V311:MQTT-4.6.0-1")]
    [Clause("V311:MQTT-4.4.0-1")]
    public void Unfinished_messages_are_sent_again_in_the_order_they_were_sent_and_before_new_ones(ProtocolVersion version, QualityOfService qos)
    {
        using var broker = new TestBroker(new() { Inflight = 4 });
        TestClient subscriber = broker.KeptSubscriber("a", qos, version);
        TestClient publisher = broker.Connect("publisher");
        for (ushort i = 1; i <= 6; i++) publisher.PublishToEnd("a", $"{i}", QualityOfService.ExactlyOnce, i);
        List<ServerPacket> sent = subscriber.All();
        Assert.Equal(4, sent.Count);

        subscriber.Drop();
        subscriber = broker.Resume("subscriber", version);
        List<ServerPacket> again = subscriber.All();

        Assert.Equal(
            sent.Cast<ServerPacket.Publish>().Select(m => (m.Text, m.PacketId, Dup: true)),
            again.Cast<ServerPacket.Publish>().Select(m => (m.Text, m.PacketId, m.Dup)));
        foreach (ServerPacket packet in again) subscriber.Finish((ServerPacket.Publish)packet, subscriber.All());
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.6.0-1")]
    [Clause("MQTT-4.6.0-4")]
    [Clause("V311:MQTT-4.6.0-4")]
    public void PUBREL_and_PUBLISH_are_sent_again_in_the_order_of_their_messages(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.ExactlyOnce, version);
        TestClient publisher = broker.Connect("publisher");
        for (ushort i = 1; i <= 5; i++) publisher.PublishToEnd("a", $"{i}", i % 2 == 0 ? QualityOfService.AtLeastOnce : QualityOfService.ExactlyOnce, i);
        ServerPacket.Publish[] sent = [.. subscriber.All().Cast<ServerPacket.Publish>()];
        subscriber.PubRec(sent[4].PacketId);
        subscriber.PubRec(sent[0].PacketId);
        subscriber.PubAck(sent[1].PacketId);
        subscriber.All();

        subscriber.Drop();
        subscriber = broker.Resume("subscriber", version);

        subscriber.ExpectAck<ServerPacket.PubRel>(sent[0].PacketId);
        Assert.Equal(sent[2].PacketId, subscriber.ExpectMessage("3").PacketId);
        Assert.Equal(sent[3].PacketId, subscriber.ExpectMessage("4").PacketId);
        subscriber.ExpectAck<ServerPacket.PubRel>(sent[4].PacketId);
        subscriber.ExpectNothing();
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.5.0-1")]
    [Clause("V311:MQTT-4.5.0-1")]
    public void What_was_published_meanwhile_follows_what_was_unfinished(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.AtLeastOnce, version);
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishToEnd("a", "1", QualityOfService.AtLeastOnce);
        subscriber.ExpectMessage("1");
        subscriber.Drop();
        for (int i = 2; i <= 4; i++) publisher.PublishToEnd("a", $"{i}", QualityOfService.AtLeastOnce);

        ServerPacket.Publish[] messages = [.. broker.Resume("subscriber", version).All().Cast<ServerPacket.Publish>()];

        Assert.Equal([("1", true), ("2", false), ("3", false), ("4", false)], messages.Select(m => (m.Text, m.Dup)));
        Assert.Equal(4, messages.Select(m => m.PacketId).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-3.1.2-4")]
    [Clause("V311:MQTT-3.1.2-6")]
    public void A_clean_start_is_sent_nothing_again(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.ExactlyOnce, version);
        broker.Connect("publisher").PublishToEnd("a", "x", QualityOfService.ExactlyOnce);
        subscriber.ExpectMessage("x");
        subscriber.Drop();

        broker.Connect("subscriber", version).ExpectNothing();

        broker.Resume("subscriber", version).ExpectNothing();
    }

    [Theory]
    [InlineData(ProtocolVersion.V311, ProtocolVersion.V5)]
    [InlineData(ProtocolVersion.V5, ProtocolVersion.V311)]
    [Clause("MQTT-4.4.0-1")]
    public void A_client_may_come_back_with_the_other_version(ProtocolVersion before, ProtocolVersion after)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.ExactlyOnce, before);
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishToEnd("a", "1", QualityOfService.ExactlyOnce, properties: new Properties().ContentType("text"));
        publisher.PublishToEnd("a", "2", QualityOfService.ExactlyOnce);
        ushort first = subscriber.ExpectMessage("1").PacketId;
        ushort second = subscriber.ExpectMessage("2").PacketId;
        subscriber.PubRec(second);
        subscriber.Drop();

        subscriber = broker.Resume("subscriber", after);

        ServerPacket.Publish again = subscriber.ExpectMessage("1");
        Assert.Equal((first, true, after == ProtocolVersion.V5 ? "text" : null), (again.PacketId, again.Dup, again.Properties.Text(PropertyId.ContentType)));
        subscriber.ExpectAck<ServerPacket.PubRel>(second);
        subscriber.PubComp(second);
        subscriber.Finish(again);
        subscriber.ExpectNothing();
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.4.0-1")]
    public void Acknowledgements_of_a_lost_connection_that_come_on_the_next_are_taken(ProtocolVersion version)
    {
        using var broker = new TestBroker(new() { Inflight = 2 });
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.AtLeastOnce, version);
        TestClient publisher = broker.Connect("publisher");
        for (int i = 1; i <= 4; i++) publisher.PublishToEnd("a", $"{i}", QualityOfService.AtLeastOnce);
        ServerPacket.Publish first = subscriber.ExpectMessage("1");
        subscriber.Drop();

        TestClient next = broker.Open(version);
        next.Send(
            ClientPackets.Connect(new ConnectOptions
            {
                Version = version,
                ClientId = "subscriber",
                CleanStart = false,
                Properties = version == ProtocolVersion.V5 ? new Properties().SessionExpiryInterval(60) : [],
            }),
            ClientPackets.PubAck(version, first.PacketId));

        next.Expect<ServerPacket.ConnAck>();
        List<string> texts = next.Texts();
        Assert.Equal(["2", "3"], texts.Where(t => t != "1"));
    }

    [Theory]
    [MemberData(nameof(Versions.WithAcknowledgedQos), MemberType = typeof(Versions))]
    [Clause("MQTT-4.4.0-1")]
    public void A_connection_that_is_lost_during_redelivery_loses_nothing(ProtocolVersion version, QualityOfService qos)
    {
        using var broker = new TestBroker(new() { Inflight = 8 });
        TestClient subscriber = broker.KeptSubscriber("a", qos, version);
        TestClient publisher = broker.Connect("publisher");
        for (ushort i = 1; i <= 20; i++) publisher.PublishToEnd("a", $"{i}", QualityOfService.ExactlyOnce, i);

        List<string> finished = [];
        for (int round = 0; finished.Count < 20; round++)
        {
            Assert.True(round < 40, "It does not end");
            subscriber.Drop();
            subscriber = broker.Resume("subscriber", version);
            List<ServerPacket> packets = subscriber.All();
            if (packets.OfType<ServerPacket.Publish>().FirstOrDefault() is not { } message) continue;
            finished.Add(message.Text);
            subscriber.Finish(message, []);
        }

        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"{i}"), finished);
    }
}

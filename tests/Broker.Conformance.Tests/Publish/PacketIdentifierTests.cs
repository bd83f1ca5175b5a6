using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>The broker's packet identifiers: 1 to 65,535, around and around, never one that is still in use.</summary>
public sealed class PacketIdentifierTests
{
    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-2.2.1-4")]
    [Clause("MQTT-4.3.2-1")]
    [Clause("V311:MQTT-2.3.1-2")]
    [Clause("V311:MQTT-2.3.1-4")]
    public void Identifiers_wrap_around_those_that_are_in_use(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.ExactlyOnce, version);
        TestClient publisher = broker.Connect("publisher");
        HashSet<ushort> held = [];
        int rounds = 0;
        ushort last = 0;

        for (int i = 0; i < 70_000; i++)
        {
            publisher.PublishToEndQuietly("a", "x");
            ServerPacket.Publish message = subscriber.Expect<ServerPacket.Publish>();
            Assert.NotEqual(0, message.PacketId);
            Assert.DoesNotContain(message.PacketId, held);
            if (message.PacketId < last) rounds++;
            last = message.PacketId;
            if (i % 500 == 0) held.Add(message.PacketId);
            else subscriber.PubAck(message.PacketId);
        }

        Assert.InRange(rounds, 1, 2); // those in use are passed over, with some neighbours
        subscriber.Drop();
        Assert.Equal(held, broker.Resume("subscriber", version).All().Select(p => ((ServerPacket.Publish)p).PacketId).ToHashSet());
    }

    [Fact]
    [Clause("MQTT-2.2.1-4")]
    public void All_65535_identifiers_can_be_in_use_and_the_next_message_waits_for_one()
    {
        using var broker = new TestBroker(new() { Inflight = 65_535, QueueMessages = 100_000 });
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.ExactlyOnce);
        TestClient publisher = broker.Connect("publisher");
        for (int i = 0; i < 65_535; i++)
        {
            publisher.PublishToEndQuietly("a", "x");
            subscriber.Expect<ServerPacket.Publish>();
        }

        publisher.PublishToEndQuietly("a", "last");
        subscriber.ExpectNothing();
        subscriber.PubAck(40_000);

        Assert.Equal(40_000, subscriber.ExpectMessage("last").PacketId);
        subscriber.ExpectNothing();
    }

    [Fact]
    [Clause("MQTT-2.2.1-4")]
    public void Released_messages_hold_their_identifiers_over_a_reconnect_with_all_in_use()
    {
        using var broker = new TestBroker(new() { Inflight = 65_535, QueueMessages = 100_000 });
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.ExactlyOnce);
        TestClient publisher = broker.Connect("publisher");
        for (int i = 0; i < 65_535; i++)
        {
            publisher.Send(ClientPackets.Publish(ProtocolVersion.V5, "a", "x", QualityOfService.ExactlyOnce, 1), ClientPackets.PubRel(ProtocolVersion.V5, 1));
            publisher.Discard();
            subscriber.PubRec(subscriber.Expect<ServerPacket.Publish>().PacketId);
            subscriber.Discard();
        }

        subscriber.Drop();
        publisher.PublishToEndQuietly("a", "new");

        subscriber = broker.Resume("subscriber"); // 65,535 unfinished, none of which counts against the new Receive Maximum
        Assert.Equal(4 * 65_535, subscriber.PendingBytes);
        subscriber.PubComp(77);

        Assert.Equal((4 * 65_535) + 11, subscriber.PendingBytes); // now there is one for the new message
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    public void Both_directions_have_identifiers_of_their_own(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Subscriber("a", QualityOfService.ExactlyOnce, version);

        client.Publish("a", "x", QualityOfService.ExactlyOnce, 1);
        client.ExpectAck<ServerPacket.PubRec>(1);
        Assert.Equal(1, client.ExpectMessage("x").PacketId);
        client.PubRec(1);
        client.ExpectAck<ServerPacket.PubRel>(1);
        client.PubRel(1);
        client.ExpectAck<ServerPacket.PubComp>(1);
        client.PubComp(1);

        client.ExpectAlive();
    }
}

using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>Message ordering (4.6).</summary>
public sealed class OrderTests
{
    [Theory]
    [MemberData(nameof(Versions.WithEveryQos), MemberType = typeof(Versions))]
    [Clause("MQTT-4.6.0-5")]
    [Clause("MQTT-4.6.0-6")]
    [Clause("V311:MQTT-4.6.0-5")]
    [Clause("V311:MQTT-4.6.0-6")]
    public void Messages_of_one_publisher_arrive_in_its_order(ProtocolVersion version, QualityOfService qos)
    {
        using var broker = new TestBroker(new() { Inflight = 3 });
        TestClient subscriber = broker.Subscriber("a", qos, version);
        TestClient[] publishers = [broker.Connect("p1", version), broker.Connect("p2", version)];
        for (ushort i = 1; i <= 30; i++)
        {
            foreach (TestClient publisher in publishers) publisher.PublishToEnd("a", $"{publisher == publishers[0]}{i}", qos, i);
        }

        List<string> texts = [];
        var waiting = new Queue<ServerPacket>(subscriber.All());
        while (waiting.TryDequeue(out ServerPacket? packet))
        {
            var message = (ServerPacket.Publish)packet;
            texts.Add(message.Text);
            List<ServerPacket> more = [];
            if (qos != QualityOfService.AtMostOnce) subscriber.Finish(message, more);
            more.ForEach(waiting.Enqueue);
        }

        Assert.Equal(Enumerable.Range(1, 30).Select(i => $"True{i}"), texts.Where(t => t[0] == 'T'));
        Assert.Equal(Enumerable.Range(1, 30).Select(i => $"False{i}"), texts.Where(t => t[0] == 'F'));
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.6.0-5")]
    public void While_the_window_is_open_different_QoS_keep_one_order(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", QualityOfService.ExactlyOnce, version);
        TestClient publisher = broker.Connect("publisher", version);
        subscriber.Stall();

        for (ushort i = 1; i <= 30; i++) publisher.PublishToEnd("a", $"{i}", (QualityOfService)(i % 3), i);
        subscriber.Unstall();

        Assert.Equal(Enumerable.Range(1, 30).Select(i => $"{i}"), subscriber.Texts());
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.6.0-2")]
    [Clause("MQTT-4.6.0-3")]
    [Clause("V311:MQTT-4.6.0-2")]
    [Clause("V311:MQTT-4.6.0-3")]
    public void PUBACK_and_PUBREC_come_in_the_order_of_the_publications(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("publisher", version);
        ushort[] ids = [9, 3, 500, 1, 65_535, 2];

        publisher.Send([.. ids.Select((id, i) => ClientPackets.Publish(version, "a", "x", i % 2 == 0 ? QualityOfService.AtLeastOnce : QualityOfService.ExactlyOnce, id))]);

        Assert.Equal(ids, publisher.All().Cast<ServerPacket.Ack>().Select(a => a.PacketId));
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-4.6.0-4")]
    [Clause("V311:MQTT-4.6.0-4")]
    public void PUBREL_comes_in_the_order_of_PUBREC(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", QualityOfService.ExactlyOnce, version);
        TestClient publisher = broker.Connect("publisher");
        for (ushort i = 1; i <= 5; i++) publisher.PublishToEnd("a", $"{i}", QualityOfService.ExactlyOnce, i);
        ushort[] ids = [.. subscriber.All().Select(p => ((ServerPacket.Publish)p).PacketId)];
        ushort[] order = [ids[3], ids[0], ids[4], ids[2], ids[1]];

        subscriber.Send([.. order.Select(id => ClientPackets.PubRec(version, id))]);

        Assert.Equal(order, subscriber.All().Cast<ServerPacket.PubRel>().Select(a => a.PacketId));
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    public void Ten_thousand_packets_in_one_read_are_all_handled(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", QualityOfService.AtMostOnce, version);
        TestClient publisher = broker.Connect("publisher", version);
        byte[] packet = ClientPackets.Publish(version, "a", "x", QualityOfService.AtMostOnce);

        publisher.Send([.. Enumerable.Repeat(packet, 10_000)]);

        int size = packet.Length;
        Assert.Equal(10_000 * size, subscriber.PendingBytes);
        publisher.ExpectAlive();
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    public void Every_split_of_the_bytes_gives_the_same(ProtocolVersion version)
    {
        byte[] bytes =
        [
            .. ClientPackets.Publish(version, "a", "1", QualityOfService.AtLeastOnce, 1),
            .. ClientPackets.Publish(version, "a", new string('x', 200), QualityOfService.ExactlyOnce, 2),
            .. ClientPackets.PubRel(version, 2),
            .. ClientPackets.PingReq(),
        ];

        for (int split = 0; split <= bytes.Length + 1; split++)
        {
            using var broker = new TestBroker();
            TestClient publisher = broker.Connect("publisher", version);
            if (split > bytes.Length) publisher.SendByteByByte(bytes);
            else
            {
                publisher.Send(bytes[..split]);
                publisher.Send(bytes[split..]);
            }

            publisher.ExpectAck<ServerPacket.PubAck>(1);
            publisher.ExpectAck<ServerPacket.PubRec>(2);
            publisher.ExpectAck<ServerPacket.PubComp>(2);
            publisher.Expect<ServerPacket.PingResp>();
            publisher.ExpectNothing();
        }
    }
}

using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>The client's Receive Maximum, and our own bound of messages in flight.</summary>
public sealed class ClientReceiveMaximumTests
{
    [Theory]
    [InlineData(1, QualityOfService.AtLeastOnce)]
    [InlineData(1, QualityOfService.ExactlyOnce)]
    [InlineData(2, QualityOfService.AtLeastOnce)]
    [InlineData(2, QualityOfService.ExactlyOnce)]
    [InlineData(20, QualityOfService.ExactlyOnce)]
    [Clause("MQTT-3.3.4-9")]
    [Clause("MQTT-4.9.0-1")]
    [Clause("MQTT-4.9.0-2")]
    public void No_more_messages_are_unfinished_than_the_client_takes(int maximum, QualityOfService qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", qos, new Properties().ReceiveMaximum((ushort)maximum));
        TestClient publisher = broker.Connect("publisher");
        for (ushort i = 1; i <= 50; i++) publisher.PublishToEnd("a", $"{i}", QualityOfService.ExactlyOnce, i);

        List<string> texts = [];
        var waiting = new Queue<ServerPacket>(subscriber.All());
        Assert.Equal(maximum, waiting.Count);
        while (waiting.TryDequeue(out ServerPacket? packet))
        {
            var message = (ServerPacket.Publish)packet;
            texts.Add(message.Text);
            List<ServerPacket> more = [];
            subscriber.Finish(message, more);
            Assert.True(more.Count <= 1);
            foreach (ServerPacket next in more) waiting.Enqueue(next);
        }

        Assert.Equal(Enumerable.Range(1, 50).Select(i => $"{i}"), texts);
    }

    [Fact]
    [Clause("MQTT-4.9.0-2")]
    public void PUBREC_gives_no_place_back_but_PUBCOMP_does()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", QualityOfService.ExactlyOnce, new Properties().ReceiveMaximum(1));
        TestClient publisher = broker.Connect("publisher");
        for (ushort i = 1; i <= 2; i++) publisher.PublishToEnd("a", $"{i}", QualityOfService.ExactlyOnce, i);
        ServerPacket.Publish first = subscriber.ExpectMessage("1");

        subscriber.PubRec(first.PacketId);
        subscriber.ExpectAck<ServerPacket.PubRel>(first.PacketId);
        subscriber.ExpectNothing();
        subscriber.PubComp(first.PacketId);

        subscriber.ExpectMessage("2");
    }

    [Fact]
    [Clause("MQTT-4.9.0-1")]
    public void A_PUBREC_that_refuses_gives_the_place_back()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", QualityOfService.ExactlyOnce, new Properties().ReceiveMaximum(1));
        TestClient publisher = broker.Connect("publisher");
        for (ushort i = 1; i <= 2; i++) publisher.PublishToEnd("a", $"{i}", QualityOfService.ExactlyOnce, i);

        subscriber.PubRec(subscriber.ExpectMessage("1").PacketId, ReasonCode.QuotaExceeded);

        subscriber.ExpectMessage("2");
        subscriber.ExpectNothing();
    }

    [Fact]
    [Clause("MQTT-4.9.0-2")]
    public void Acknowledgements_of_nothing_do_not_widen_the_window()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Subscriber("a", QualityOfService.AtLeastOnce, new Properties().ReceiveMaximum(2));
        TestClient publisher = broker.Connect("publisher");
        for (ushort id = 1_000; id < 1_010; id++) subscriber.PubAck(id);
        for (int i = 1; i <= 10; i++) publisher.PublishToEnd("a", $"{i}", QualityOfService.AtLeastOnce);

        ServerPacket.Publish first = subscriber.ExpectMessage("1");
        for (int i = 0; i < 5; i++) subscriber.PubAck(first.PacketId);

        Assert.Equal(["2", "3"], subscriber.Texts());
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    [Clause("MQTT-3.3.4-10")]
    [Clause("MQTT-4.9.0-3")]
    public void Everything_but_QoS_1_and_2_passes_while_the_window_is_full(ProtocolVersion version)
    {
        using var broker = new TestBroker(new() { Inflight = 1 });
        TestClient subscriber = broker.Subscriber("a", QualityOfService.AtLeastOnce, version);
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishToEnd("a", "1", QualityOfService.AtLeastOnce);
        publisher.PublishToEnd("a", "2", QualityOfService.AtLeastOnce);
        subscriber.ExpectMessage("1");

        publisher.Publish("a", "0");
        subscriber.ExpectMessage("0");
        subscriber.Send(ClientPackets.Subscribe(version, 7, "b"));
        subscriber.Expect<ServerPacket.SubAck>();
        subscriber.Publish("b", "own", QualityOfService.ExactlyOnce, 1);
        subscriber.ExpectAck<ServerPacket.PubRec>(1);
        subscriber.ExpectMessage("own");
        subscriber.PubRel(1);
        subscriber.ExpectAck<ServerPacket.PubComp>(1);
        subscriber.Send(ClientPackets.Unsubscribe(version, 8, "b"));
        subscriber.Expect<ServerPacket.UnsubAck>();

        subscriber.ExpectAlive();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [Clause("MQTT-4.9.0-1")]
    [Clause("MQTT-3.3.4-9")]
    public void What_is_sent_again_respects_the_maximum_of_the_new_connection(int maximum)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.AtLeastOnce);
        TestClient publisher = broker.Connect("publisher");
        for (int i = 1; i <= 10; i++) publisher.PublishToEnd("a", $"{i}", QualityOfService.AtLeastOnce);
        ushort[] ids = [.. subscriber.All().Cast<ServerPacket.Publish>().Select(m => m.PacketId)];
        Assert.Equal(10, ids.Length);
        subscriber.Drop();
        publisher.PublishToEnd("a", "11", QualityOfService.AtLeastOnce);

        subscriber = broker.ConnectWith("subscriber", new Properties().ReceiveMaximum((ushort)maximum), cleanStart: false);

        var waiting = new Queue<ServerPacket>(subscriber.All());
        Assert.Equal(maximum, waiting.Count);
        List<(string, bool)> seen = [];
        while (waiting.TryDequeue(out ServerPacket? packet))
        {
            var message = (ServerPacket.Publish)packet;
            seen.Add((message.Text, message.Dup));
            if (message.Dup) Assert.Equal(ids[seen.Count - 1], message.PacketId);
            subscriber.PubAck(message.PacketId);
            foreach (ServerPacket next in subscriber.All()) waiting.Enqueue(next);
            Assert.True(waiting.Count <= maximum);
        }

        Assert.Equal(Enumerable.Range(1, 11).Select(i => ($"{i}", i <= 10)), seen);
    }

    [Fact]
    [Clause("MQTT-4.9.0-3")]
    public void PUBREL_is_sent_again_whatever_the_maximum()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.KeptSubscriber("a", QualityOfService.ExactlyOnce);
        TestClient publisher = broker.Connect("publisher");
        for (ushort i = 1; i <= 5; i++) publisher.PublishToEnd("a", $"{i}", QualityOfService.ExactlyOnce, i);
        foreach (ServerPacket packet in subscriber.All()) subscriber.PubRec(((ServerPacket.Publish)packet).PacketId);
        subscriber.Drop();
        publisher.PublishToEnd("a", "6", QualityOfService.ExactlyOnce, 6);

        subscriber = broker.ConnectWith("subscriber", new Properties().ReceiveMaximum(1), cleanStart: false);

        List<ServerPacket> packets = subscriber.All();
        Assert.Equal(5, packets.OfType<ServerPacket.PubRel>().Count());
        Assert.Equal("6", Assert.Single(packets.OfType<ServerPacket.Publish>()).Text);
    }

    [Theory]
    [InlineData(3, 10, 3)]
    [InlineData(10, 3, 3)]
    [InlineData(5, 5, 5)]
    public void The_window_is_the_smaller_of_the_clients_maximum_and_our_bound(int client, int limit, int expected)
    {
        using var broker = new TestBroker(new() { Inflight = limit });
        TestClient subscriber = broker.Subscriber("a", QualityOfService.AtLeastOnce, new Properties().ReceiveMaximum((ushort)client));
        TestClient publisher = broker.Connect("publisher");

        for (int i = 1; i <= 20; i++) publisher.PublishToEnd("a", $"{i}", QualityOfService.AtLeastOnce);

        Assert.Equal(expected, subscriber.Texts().Count);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void An_older_client_gets_as_many_as_our_bound(int messages)
    {
        using var broker = new TestBroker(new() { Inflight = 5 });
        TestClient subscriber = broker.Subscriber("a", QualityOfService.AtLeastOnce, ProtocolVersion.V311);
        TestClient publisher = broker.Connect("publisher");

        for (int i = 1; i <= messages; i++) publisher.PublishToEnd("a", $"{i}", QualityOfService.AtLeastOnce);

        Assert.Equal(Math.Min(5, messages), subscriber.Texts().Count);
    }

    [Fact]
    public void A_Receive_Maximum_of_0_is_refused()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Open();

        client.Send(ClientPackets.Connect(new ConnectOptions { Properties = new Properties().ReceiveMaximum(0) }));

        Assert.Equal(ReasonCode.ProtocolError, client.Expect<ServerPacket.ConnAck>().ReasonCode);
        client.ExpectClosed();
    }
}

using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>Retained messages for a client that does not take them at once: what comes, and in which order, when they change meanwhile.</summary>
public sealed class RetainedReplayTests
{
    [Theory]
    [ClassData(typeof(BothVersions))]
    public void A_value_replaced_meanwhile_comes_once_and_new(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("p", version);
        publisher.Publish("a", "old", 1, retain: true);
        TestClient client = broker.Connect("c", version);
        client.Stall();
        client.Send(ClientPackets.Subscribe(version, 1, "a", QualityOfService.AtLeastOnce));
        publisher.Publish("a", "new", 1, retain: true);

        client.Unstall();

        client.Expect<ServerPacket.SubAck>();
        Assert.Equal(["new"], client.Messages().Select(m => m.Text));
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void A_value_removed_meanwhile_ends_as_removed(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("p", version);
        publisher.Publish("a", "old", 1, retain: true);
        TestClient client = broker.Connect("c", version);
        client.Stall();
        client.Send(ClientPackets.Subscribe(version, 1, "a", QualityOfService.AtLeastOnce));
        publisher.Publish("a", "", 1, retain: true);

        client.Unstall();

        client.Expect<ServerPacket.SubAck>();
        Assert.Equal("", client.Messages()[^1].Text);
    }

    [Theory]
    [InlineData(0, 20)]
    [InlineData(1, 20)]
    [InlineData(2, 20)]
    [InlineData(0, 900)]
    [InlineData(1, 900)]
    [InlineData(2, 900)]
    public void Values_never_go_back_while_the_client_takes_nothing(int qos, int topics)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("p");
        for (int i = 0; i < topics; i++) publisher.Publish($"t/{i}", "0", qos, retain: true);
        TestClient client = broker.Connect(new ConnectOptions { ClientId = "c", Properties = new Properties().ReceiveMaximum(3) });
        client.Stall();
        client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, "t/#", (QualityOfService)qos));
        for (int round = 1; round <= 3; round++)
        {
            for (int i = 0; i < topics; i += round) publisher.Publish($"t/{i}", $"{round}", qos, retain: true);
        }

        client.Unstall();

        client.Expect<ServerPacket.SubAck>();
        AssertNeverBack(client.Messages(), topics);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [Clause("MQTT-4.6.0-5")]
    public void A_replay_asked_for_again_does_not_overtake_live_messages_that_wait(int qos)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("p");
        TestClient client = broker.Connect("c");
        client.SubscribeTo("a", qos);
        client.Stall();
        for (int i = 1; i <= 5; i++) publisher.Publish("a", $"{i}", qos, retain: true);
        client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, "a", (QualityOfService)qos));
        publisher.Publish("a", "6", qos);

        client.Unstall();

        client.Expect<ServerPacket.SubAck>();
        int[] seen = [.. client.Messages().Select(m => int.Parse(m.Text, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal([1, 2, 3, 4, 5, 5, 6], seen);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Clause("MQTT-4.6.0-5")]
    public void A_live_message_that_is_not_retained_does_not_overtake_the_replay(int qos)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("p");
        publisher.Publish("0", "blocks", 1, retain: true);
        publisher.Publish("a", "1", qos, retain: true);
        TestClient client = broker.Connect(new ConnectOptions { ClientId = "c", Properties = new Properties().ReceiveMaximum(1) });
        client.SubscribeTo("0", 1);
        ServerPacket blocks = client.Next()!; // fills the window

        client.SubscribeTo("#", 2);
        publisher.Publish("a", "2", qos);
        List<string> seen = [.. client.All().Cast<ServerPacket.Publish>().Select(m => m.Topic + m.Text)];
        client.Answer(blocks);

        seen.AddRange(client.Messages().Select(m => m.Topic + m.Text));
        Assert.Equal(["a1", "a2"], seen.Where(text => text[0] == 'a'));
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void A_large_replay_needs_no_room_in_the_queue(ProtocolVersion version)
    {
        using var broker = new TestBroker(new() { QueueMessages = 10, Inflight = 4 });
        TestClient publisher = broker.Connect("p", version);
        for (int i = 0; i < 500; i++) publisher.Publish($"t/{i}", $"{i}", 1, retain: true);
        TestClient client = broker.Connect("c", version);

        client.SubscribeTo("t/+", 1);

        Assert.Equal(500, client.Messages().Select(m => m.Topic).Distinct().Count());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Unsubscribing_ends_it_or_it_goes_on_but_nothing_is_held_for_ever(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("p", version);
        for (int i = 0; i < 100; i++) publisher.Publish($"t/{i}", "x", 1, retain: true);
        TestClient client = broker.Connect("c", version);
        client.Stall();
        client.Send(ClientPackets.Subscribe(version, 1, "t/+", QualityOfService.AtLeastOnce), ClientPackets.Unsubscribe(version, 2, "t/+"));
        client.Unstall();
        client.Expect<ServerPacket.SubAck>();
        client.Expect<ServerPacket.UnsubAck>();
        client.Messages();

        Assert.Equal(broker.Broker.Context.Retained.Count, broker.CountMessages());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void A_client_that_goes_in_the_middle_leaves_nothing_behind(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("p", version);
        for (int i = 0; i < 100; i++) publisher.Publish($"t/{i}", "x", 1, retain: true);
        TestClient client = broker.Resume("c", version);
        client.Stall();
        client.Send(ClientPackets.Subscribe(version, 1, "t/+", QualityOfService.AtLeastOnce));
        for (int i = 0; i < 100; i++) publisher.Publish($"t/{i}", "", 1, retain: true);

        broker.Connect("c", version).Disconnect();

        Assert.Equal(broker.Broker.Context.Retained.Count, broker.CountMessages());
    }

    [Fact]
    [Clause("MQTT-3.3.2-5")]
    public void What_expires_while_it_waits_does_not_come()
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("p");
        publisher.Publish("a", "short", 1, retain: true, properties: new Properties().MessageExpiryInterval(2));
        publisher.Publish("b", "long", 1, retain: true, properties: new Properties().MessageExpiryInterval(20));
        TestClient client = broker.Connect("c");
        client.Stall();
        client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, "+", QualityOfService.AtLeastOnce));

        broker.Advance(TimeSpan.FromSeconds(3));
        client.Unstall();

        client.Expect<ServerPacket.SubAck>();
        ServerPacket.Publish message = Assert.Single(client.Messages());
        Assert.Equal("long", message.Text);
        Assert.Equal(17u, message.Properties.Number(PropertyId.MessageExpiryInterval));
    }

    /// <summary>Every topic's values go up only, and end with the last one published.</summary>
    private static void AssertNeverBack(List<ServerPacket.Publish> messages, int topics)
    {
        for (int i = 0; i < topics; i++)
        {
            int[] values = [.. messages.Where(m => m.Topic == $"t/{i}").Select(m => m.Payload[0] - '0')];
            int last = i % 3 == 0 ? 3 : i % 2 == 0 ? 2 : 1;
            Assert.Equal(values.Order(), values);
            Assert.Equal(last, values[^1]);
        }
    }
}

using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>Our Receive Maximum: how many QoS 1 and 2 publications a client may leave unfinished.</summary>
public sealed class ReceiveMaximumTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(64)]
    [Clause("MQTT-3.3.4-7")]
    public void As_many_unfinished_QoS_2_publications_are_taken_as_were_announced_and_one_more_ends_the_connection(int maximum)
    {
        using var broker = new TestBroker(new() { ReceiveMaximum = maximum });
        TestClient subscriber = broker.Subscriber("a");
        TestClient publisher = broker.Connect("publisher");
        Assert.Equal((uint)maximum, publisher.ConnAck.Properties.Number(PropertyId.ReceiveMaximum));

        for (ushort id = 1; id <= maximum; id++) publisher.Publish("a", $"{id}", QualityOfService.ExactlyOnce, id);
        Assert.Equal(maximum, publisher.All().OfType<ServerPacket.PubRec>().Count());
        publisher.Publish("a", "one too many", QualityOfService.ExactlyOnce, (ushort)(maximum + 1));

        publisher.ExpectClosed(ReasonCode.ReceiveMaximumExceeded);
        Assert.Equal(maximum, subscriber.Texts().Count);
    }

    [Fact]
    [Clause("MQTT-3.3.4-7")]
    public void A_QoS_1_publication_beyond_unfinished_QoS_2_ones_ends_the_connection()
    {
        using var broker = new TestBroker(new() { ReceiveMaximum = 2 });
        TestClient publisher = broker.Connect("publisher");
        publisher.Publish("a", "1", QualityOfService.ExactlyOnce, 1);
        publisher.Publish("a", "2", QualityOfService.ExactlyOnce, 2);
        publisher.All();

        publisher.Publish("a", "3", QualityOfService.AtLeastOnce, 3);

        publisher.ExpectClosed(ReasonCode.ReceiveMaximumExceeded);
    }

    [Fact]
    [Clause("MQTT-4.9.0-1")]
    public void Every_end_of_an_exchange_gives_its_place_back()
    {
        using var broker = new TestBroker(new() { ReceiveMaximum = 2 });
        TestClient publisher = broker.Connect("publisher");
        publisher.Publish("a", "1", QualityOfService.ExactlyOnce, 1);
        publisher.ExpectAck<ServerPacket.PubRec>(1);

        for (ushort id = 2; id < 100; id++)
        {
            publisher.PublishToEnd("a", "x", QualityOfService.ExactlyOnce, id);
            publisher.PublishToEnd("a", "x", QualityOfService.AtLeastOnce, id);
            Assert.Equal(ReasonCode.NotAuthorized, publisher.PublishToEnd("$SYS/x", "x", QualityOfService.ExactlyOnce, id));
        }

        publisher.ExpectAlive();
    }

    [Fact]
    public void The_same_QoS_2_publication_again_takes_no_second_place()
    {
        using var broker = new TestBroker(new() { ReceiveMaximum = 1 });
        TestClient publisher = broker.Connect("publisher");

        for (int i = 0; i < 10_000; i++)
        {
            publisher.Publish("a", "x", QualityOfService.ExactlyOnce, 1);
            publisher.ExpectAck<ServerPacket.PubRec>(1);
        }

        publisher.ExpectAlive();
    }

    [Fact]
    [Clause("MQTT-3.3.4-8")]
    public void QoS_0_and_other_packets_pass_while_the_quota_is_used_up()
    {
        using var broker = new TestBroker(new() { ReceiveMaximum = 1 });
        TestClient publisher = broker.Connect("publisher");
        publisher.Subscribe("a");
        publisher.Publish("b", "1", QualityOfService.ExactlyOnce, 1);
        publisher.ExpectAck<ServerPacket.PubRec>(1);

        publisher.Publish("a", "0");

        publisher.ExpectMessage("0");
        publisher.ExpectAlive();
    }

    [Fact]
    [Clause("MQTT-4.9.0-1")]
    public void A_new_connection_begins_with_the_whole_quota()
    {
        using var broker = new TestBroker(new() { ReceiveMaximum = 2 });
        TestClient publisher = broker.Resume("publisher");
        publisher.Publish("a", "1", QualityOfService.ExactlyOnce, 1);
        publisher.Publish("a", "2", QualityOfService.ExactlyOnce, 2);
        publisher.Drop();

        publisher = broker.Resume("publisher"); // it forgot them
        publisher.Publish("a", "3", QualityOfService.ExactlyOnce, 3);
        publisher.ExpectAck<ServerPacket.PubRec>(3);
        publisher.Publish("a", "1", QualityOfService.ExactlyOnce, 1, dup: true); // now it counts
        publisher.ExpectAck<ServerPacket.PubRec>(1);
        publisher.PubRel(2); // sent on the other connection: gives no place
        publisher.ExpectAck<ServerPacket.PubComp>(2);
        publisher.Publish("a", "4", QualityOfService.ExactlyOnce, 4);

        publisher.ExpectClosed(ReasonCode.ReceiveMaximumExceeded);
    }

    [Fact]
    public void An_older_client_was_told_no_maximum_and_may_use_every_identifier()
    {
        using var broker = new TestBroker(new() { ReceiveMaximum = 1 });
        TestClient publisher = broker.Connect("publisher", ProtocolVersion.V311);

        for (ushort id = 1; id <= 1_000; id++) publisher.Publish("a", "x", QualityOfService.ExactlyOnce, id);

        Assert.Equal(1_000, publisher.All().OfType<ServerPacket.PubRec>().Count());
        publisher.ExpectAlive();
    }

    [Theory]
    [MemberData(nameof(Versions.Both), MemberType = typeof(Versions))]
    public void A_hundred_thousand_times_the_same_QoS_2_publication_costs_no_memory(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("publisher", version);
        byte[] chunk = [.. Enumerable.Repeat(ClientPackets.Publish(version, "a", "x", QualityOfService.ExactlyOnce, 1), 100).SelectMany(p => p)];
        long live = broker.CountMessages();

        for (int i = 0; i < 1_000; i++)
        {
            publisher.Send(chunk);
            publisher.Discard();
        }

        Assert.Equal(live, broker.CountMessages());
        publisher.ExpectAlive();
    }
}

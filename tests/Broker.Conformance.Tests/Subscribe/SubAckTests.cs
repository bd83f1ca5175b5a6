using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>3.9 SUBACK, and how a SUBSCRIBE with many filters is answered.</summary>
public sealed class SubAckTests
{
    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.8.4-6")]
    [Clause("MQTT-3.8.4-7")]
    [Clause("MQTT-3.9.3-1")]
    [Clause("MQTT-3.9.3-2")]
    public void Each_filter_has_its_code_in_order(ProtocolVersion version)
    {
        using var broker = new TestBroker(new BrokerLimits { SubscriptionsPerSession = 4 });
        TestClient client = broker.Connect("c", version);

        ReasonCode[] codes = client.SubscribeTo(
            new SubscribeFilter("two", QualityOfService.ExactlyOnce),
            new SubscribeFilter("none"),
            new SubscribeFilter("one", QualityOfService.AtLeastOnce),
            new SubscribeFilter("two", QualityOfService.AtLeastOnce),
            new SubscribeFilter("last", QualityOfService.ExactlyOnce),
            new SubscribeFilter("too many", QualityOfService.ExactlyOnce),
            new SubscribeFilter("none", QualityOfService.ExactlyOnce));

        byte refused = version == ProtocolVersion.V5 ? (byte)ReasonCode.QuotaExceeded : (byte)0x80;
        Assert.Equal([2, 0, 1, 1, 2, refused, 2], codes.Select(c => (byte)c));
    }

    [Fact]
    [Clause("MQTT-3.9.3-1")]
    [Clause("MQTT-4.7.1-1")]
    [Clause("MQTT-4.7.1-2")]
    public void Invalid_filters_among_valid_ones_are_refused_each_for_itself()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");

        ReasonCode[] codes = client.SubscribeTo(
            new SubscribeFilter("a/#", QualityOfService.AtLeastOnce), new SubscribeFilter("a/#/b"), new SubscribeFilter("b+"),
            new SubscribeFilter("$share/g"), new SubscribeFilter("b/+", QualityOfService.ExactlyOnce));

        Assert.Equal(
            [ReasonCode.GrantedQos1, ReasonCode.TopicFilterInvalid, ReasonCode.TopicFilterInvalid, ReasonCode.TopicFilterInvalid, ReasonCode.GrantedQos2],
            codes);
        client.Publish("b/1", "x");
        Assert.Equal(["b/1=x q0"], client.Seen());
        Assert.Equal(2, broker.Broker.Context.Subscriptions.Count);
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.8.4-5")]
    public void The_same_filter_twice_in_one_packet_counts_as_the_last(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);

        client.SubscribeTo(new SubscribeFilter("a", QualityOfService.ExactlyOnce), new SubscribeFilter("a", QualityOfService.AtLeastOnce));
        TestClient publisher = broker.Connect("p", version);
        publisher.Publish("a", "x", qos: 2);

        Assert.Equal(["a=x q1"], client.Seen());
        Assert.Equal(1, broker.Broker.Context.Subscriptions.Count);
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Filters_in_one_packet_are_bounded(ProtocolVersion version)
    {
        using var broker = new TestBroker(new BrokerLimits { FiltersPerSubscribe = 10 });
        TestClient client = broker.Connect("c", version);

        foreach (int count in new[] { 9, 10 })
        {
            Assert.All(client.SubscribeTo(Filters(count)), code => Assert.Equal(ReasonCode.Success, code));
            client.UnsubscribeFrom([.. Filters(count).Select(f => f.Filter)]);
        }

        client.Send(ClientPackets.Subscribe(version, 1, Filters(11)));
        client.ExpectClosed(ReasonCode.QuotaExceeded);
        Assert.Equal(0, broker.Broker.Context.Subscriptions.Count);
        TestClient again = broker.Connect("c", version);
        again.Send(ClientPackets.Unsubscribe(version, 1, [.. Filters(11).Select(f => f.Filter)]));
        again.ExpectClosed(ReasonCode.QuotaExceeded);
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Subscriptions_of_a_session_are_bounded_and_free_up_again(ProtocolVersion version)
    {
        using var broker = new TestBroker(new BrokerLimits { SubscriptionsPerSession = 3 });
        TestClient client = broker.Connect("c", version);
        ReasonCode refused = version == ProtocolVersion.V5 ? ReasonCode.QuotaExceeded : ReasonCode.UnspecifiedError;

        Assert.Equal([ReasonCode.Success, ReasonCode.Success, ReasonCode.Success], client.SubscribeTo(Filters(3)));
        Assert.Equal([refused], client.SubscribeTo("one more"));
        Assert.Equal([refused], client.SubscribeTo("$share/g/one more"));
        Assert.Equal([ReasonCode.GrantedQos1], client.SubscribeTo("f1", 1)); // a change needs no room
        client.UnsubscribeFrom("f0");
        Assert.Equal([ReasonCode.Success], client.SubscribeTo("one more"));
        Assert.Equal([refused], client.SubscribeTo("f0"));
        client.Publish("f0", "x");
        client.ExpectNothing();
    }

    [Fact]
    public void Refusals_are_explained_unless_the_client_does_not_want_it()
    {
        using var broker = new TestBroker();
        TestClient curious = broker.Connect("curious");
        TestClient terse = broker.Connect(new ConnectOptions { ClientId = "terse", Properties = new Properties().RequestProblemInformation(0) });

        curious.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, "a#"));
        terse.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, "a#"));

        Assert.False(string.IsNullOrEmpty(curious.Expect<ServerPacket.SubAck>().ReasonString));
        Assert.Empty(terse.Expect<ServerPacket.SubAck>().Properties);
    }

    [Fact]
    [Clause("MQTT-3.9.2-1")]
    public void The_reason_string_is_left_out_where_it_would_not_fit()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect(new ConnectOptions { Properties = new Properties().MaximumPacketSize(40) });

        client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, "a#"));

        Assert.True(client.PendingBytes <= 40);
        var answer = client.Expect<ServerPacket.SubAck>();
        Assert.Null(answer.ReasonString);
        Assert.Equal([ReasonCode.TopicFilterInvalid], answer.ReasonCodes);
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.8.4-1")]
    public void Suback_comes_before_what_is_retained(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        broker.Connect("p", version).Publish("a", "kept", retain: true);
        TestClient client = broker.Connect("c", version);

        client.Send(ClientPackets.Subscribe(version, 1, "a"));

        client.Expect<ServerPacket.SubAck>();
        Assert.Equal("kept", client.Expect<ServerPacket.Publish>().Text);
        client.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void A_packet_identifier_of_an_unfinished_qos_2_publication_is_in_use(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);
        client.Send(ClientPackets.Publish(version, "x", "1", QualityOfService.ExactlyOnce, 5));
        client.Expect<ServerPacket.PubRec>();
        ReasonCode inUse = version == ProtocolVersion.V5 ? ReasonCode.PacketIdentifierInUse : ReasonCode.UnspecifiedError;

        client.Send(ClientPackets.Subscribe(version, 5, new SubscribeFilter("a"), new SubscribeFilter("b")));
        Assert.Equal([inUse, inUse], client.Expect<ServerPacket.SubAck>().ReasonCodes);
        Assert.Equal(0, broker.Broker.Context.Subscriptions.Count);
        client.Send(ClientPackets.PubRel(version, 5));
        client.Expect<ServerPacket.PubComp>();
        client.Send(ClientPackets.Subscribe(version, 5, "a"));
        Assert.Equal([ReasonCode.Success], client.Expect<ServerPacket.SubAck>().ReasonCodes);
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void A_filter_that_ends_the_connection_leaves_nothing_of_its_packet(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("p", version);
        for (int i = 0; i < 10; i++) publisher.Publish($"t/{i}", "x", 1, retain: true);
        TestClient client = broker.Resume("c", version);
        SubscribeFilter bad = version == ProtocolVersion.V5 ? new("$share/g/t", NoLocal: true) : new("t/#/x");

        client.Send(ClientPackets.Subscribe(version, 1, new SubscribeFilter("t/+", QualityOfService.AtLeastOnce), bad));

        client.ExpectClosed(ReasonCode.ProtocolError);
        Assert.Equal(0, broker.Broker.Context.Subscriptions.Count);
        for (int i = 0; i < 10; i++) publisher.Publish($"t/{i}", "", 1, retain: true);
        Assert.Equal(broker.Broker.Context.Retained.Count, broker.CountMessages());
    }

    private static SubscribeFilter[] Filters(int count) => [.. Enumerable.Range(0, count).Select(i => new SubscribeFilter($"f{i}"))];
}

using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>3.3.1.3: what is retained, replaced, removed, and when it expires.</summary>
public sealed class RetainedTests
{
    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.3.1-5")]
    [Clause("V311:MQTT-3.3.1-5")]
    [Clause("V311:MQTT-3.3.1-7")]
    public void The_last_one_replaces_the_one_before_at_any_qos(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("p", version);

        for (int before = 0; before < 3; before++)
        {
            for (int after = 0; after < 3; after++)
            {
                publisher.Publish("a", "before", before, retain: true);
                publisher.Publish("a", $"{before}{after}", after, retain: true);
                TestClient client = broker.Connect("c", version);
                client.SubscribeTo("a", 2);
                Assert.Equal([$"a={before}{after} q{after} retained"], client.Seen());
            }
        }
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.3.1-6")]
    [Clause("MQTT-3.3.1-7")]
    [Clause("V311:MQTT-3.3.1-10")]
    [Clause("V311:MQTT-3.3.1-11")]
    public void An_empty_payload_removes_it_and_is_delivered_but_not_stored(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient live = broker.Connect("live", version);
        live.SubscribeTo("a", 1);
        TestClient publisher = broker.Connect("p", version);
        int before = broker.Broker.Context.Retained.Count;

        publisher.Publish("a", "x", 1, retain: true);
        Assert.Equal(before + 1, broker.Broker.Context.Retained.Count);
        publisher.Publish("a", "", 1, retain: true);
        publisher.Publish("a", "", 2, retain: true); // there is none any more: delivered all the same
        publisher.Publish("never", "", 1, retain: true);

        Assert.Equal(before, broker.Broker.Context.Retained.Count);
        Assert.Equal(["a=x q1", "a= q1", "a= q1"], live.Seen());
        TestClient late = broker.Connect("late", version);
        late.SubscribeTo("#");
        late.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.3.1-8")]
    [Clause("V311:MQTT-3.3.1-12")]
    public void Without_the_flag_nothing_is_stored_replaced_or_removed(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("p", version);
        publisher.Publish("kept", "x", 1, retain: true);

        publisher.Publish("kept", "y", 1);
        publisher.Publish("kept", "", 1);
        publisher.Publish("other", "z", 1);

        TestClient late = broker.Connect("late", version);
        late.SubscribeTo("#", 1);
        Assert.Equal(["kept=x q1 retained"], late.Seen());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.3.1-9")]
    public void A_wildcard_brings_one_for_each_topic_and_dollar_topics_only_if_asked(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("p", version);
        foreach (string topic in new[] { "a", "a/b", "a/b/c", "a/c", "b", "/", "a//c", "$dev/a", "$dev" }) publisher.Publish(topic, "x", retain: true);

        Assert.Equal(["/", "a", "a//c", "a/b", "a/b/c", "a/c", "b"], Replayed(broker, version, "#"));
        Assert.Equal(["a", "a//c", "a/b", "a/b/c", "a/c"], Replayed(broker, version, "a/#"));
        Assert.Equal(["a/b", "a/c"], Replayed(broker, version, "a/+"));
        Assert.Equal(["a//c", "a/b/c"], Replayed(broker, version, "+/+/c"));
        Assert.Equal(["/", "a/b", "a/c"], Replayed(broker, version, "+/+"));
        Assert.Equal(["a", "b"], Replayed(broker, version, "+"));
        Assert.Equal(["$dev", "$dev/a"], Replayed(broker, version, "$dev/#"));
        Assert.Equal(["$dev/a"], Replayed(broker, version, "$dev/+"));
        Assert.Empty(Replayed(broker, version, "+/x"));
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.8.4-5")]
    public void Overlapping_filters_of_one_packet_each_bring_it(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        broker.Connect("p", version).Publish("a", "x", 1, retain: true);
        TestClient client = broker.Connect("c", version);

        client.SubscribeTo(new SubscribeFilter("a", QualityOfService.AtLeastOnce), new SubscribeFilter("+"));

        Assert.Equal(["a=x q0 retained", "a=x q1 retained"], client.Seen().Order());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Only_the_new_subscriber_gets_it(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient first = broker.Connect("first", version);
        first.SubscribeTo("a");
        broker.Connect("p", version).Publish("a", "x", retain: true);
        first.Seen();

        broker.Connect("second", version).SubscribeTo("a");

        first.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void It_outlives_its_publisher(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        broker.Connect("p", version).Publish("a", "x", 2, retain: true);
        broker.Connect("p", version).Disconnect();
        broker.Advance(TimeSpan.FromDays(1) / 24);

        TestClient client = broker.Connect("c", version);
        client.SubscribeTo("a", 2);

        Assert.Equal(["a=x q2 retained"], client.Seen());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-3.3.2-5")]
    [Clause("MQTT-3.3.2-6")]
    public void It_expires_and_until_then_says_how_long_it_still_lives(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        int before = broker.Broker.Context.Retained.Count;
        broker.Connect("p").Publish("a", "x", retain: true, properties: new Properties().MessageExpiryInterval(10));
        Assert.Equal(before + 2, broker.Broker.Context.Retained.Count); // with the publisher's presence

        broker.Advance(TimeSpan.FromSeconds(7));
        TestClient early = broker.Connect("early", version);
        early.SubscribeTo("a");
        ServerPacket.Publish message = Assert.Single(early.Messages());
        Assert.Equal(version == ProtocolVersion.V5 ? 3u : null, message.Properties.Number(PropertyId.MessageExpiryInterval));

        broker.Advance(TimeSpan.FromSeconds(3));
        TestClient late = broker.Connect("late", version);
        late.SubscribeTo("a");
        late.ExpectNothing();
        Assert.DoesNotContain("a", Replayed(broker, version, "#"));
        Assert.Null(broker.Broker.Context.Retained.Get("a"u8));
    }

    [Fact]
    [Clause("MQTT-3.3.2-5")]
    public void A_new_value_starts_its_own_expiry()
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("p");
        publisher.Publish("a", "short", retain: true, properties: new Properties().MessageExpiryInterval(5));
        publisher.Publish("b", "short", retain: true, properties: new Properties().MessageExpiryInterval(5));
        publisher.Publish("c", "long", retain: true, properties: new Properties().MessageExpiryInterval(50));
        publisher.Publish("a", "longer", retain: true, properties: new Properties().MessageExpiryInterval(20));
        publisher.Publish("b", "for ever", retain: true);
        publisher.Publish("c", "shorter", retain: true, properties: new Properties().MessageExpiryInterval(5));

        broker.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(["a", "b"], Replayed(broker, ProtocolVersion.V5, "#"));
        broker.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(["b"], Replayed(broker, ProtocolVersion.V5, "#"));
    }

    [Fact]
    public void Replacing_it_over_and_over_leaves_nothing_behind()
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("p");
        publisher.Publish("a", "x", retain: true, properties: new Properties().MessageExpiryInterval(uint.MaxValue));
        long messages = broker.CountMessages();
        long bytes = broker.Broker.Context.Retained.Bytes;
        int timers = broker.Broker.Context.Wheel.Count;

        for (int i = 0; i < 1_000; i++)
        {
            publisher.Publish("a", "y", retain: true, properties: new Properties().MessageExpiryInterval(uint.MaxValue));
        }

        Assert.Equal(messages, broker.CountMessages());
        Assert.Equal(bytes, broker.Broker.Context.Retained.Bytes);
        Assert.Equal(timers, broker.Broker.Context.Wheel.Count);
        publisher.Publish("a", "", retain: true);
        Assert.Equal(timers - 1, broker.Broker.Context.Wheel.Count);
    }

    [Fact]
    public void Properties_come_with_it()
    {
        using var broker = new TestBroker();
        Properties given = new Properties().PayloadFormatIndicator(1).ContentType("text/plain").ResponseTopic("r").CorrelationData([9]).User("k", "v");
        broker.Connect("p").Publish("a", "x", retain: true, properties: given);
        TestClient client = broker.Connect("c");

        client.SubscribeTo("a");

        Assert.Equal(given.AsEnumerable(), Assert.Single(client.Messages()).Properties.AsEnumerable());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void A_will_is_retained_where_it_says_so(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        var will = new WillOptions("a", "gone"u8.ToArray()) { Retain = true, Qos = QualityOfService.AtLeastOnce };
        broker.Connect(new ConnectOptions { ClientId = "w", Version = version, Will = will }).Drop();

        TestClient client = broker.Connect("c", version);
        client.SubscribeTo("a", 1);

        Assert.Equal(["a=gone q1 retained"], client.Seen());
    }

    private static string[] Replayed(TestBroker broker, ProtocolVersion version, string filter)
    {
        TestClient client = broker.Connect("replay", version);
        client.SubscribeTo(filter);
        return [.. client.Messages().Select(m => m.Topic).Order(StringComparer.Ordinal)];
    }
}

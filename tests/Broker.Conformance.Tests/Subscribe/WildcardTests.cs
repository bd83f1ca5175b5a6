using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>4.7: which topics a filter matches, for live and for retained messages.</summary>
public sealed class WildcardTests
{
    /// <summary>Filter, topic, whether they match.</summary>
    public static TheoryData<string, string, bool> Cases { get; } = new()
    {
        { "sport/tennis/player1/#", "sport/tennis/player1", true },
        { "sport/tennis/player1/#", "sport/tennis/player1/ranking", true },
        { "sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true },
        { "sport/tennis/player1/#", "sport/tennis/player10", false },
        { "sport/#", "sport", true },
        { "sport/#", "sport/", true },
        { "sport/#", "sports", false },
        { "#", "a", true },
        { "#", "/", true },
        { "#", "a/b/c", true },
        { "/#", "/", true },
        { "/#", "/a", true },
        { "/#", "a", false },
        { "sport/tennis/+", "sport/tennis/player1", true },
        { "sport/tennis/+", "sport/tennis/player1/ranking", false },
        { "sport/+", "sport", false },
        { "sport/+", "sport/", true },
        { "sport/+/#", "sport", false },
        { "sport/+/#", "sport/x", true },
        { "sport/+/#", "sport/x/y/z", true },
        { "+", "finance", true },
        { "+", "/finance", false },
        { "+/+", "/finance", true },
        { "/+", "/finance", true },
        { "/+", "finance", false },
        { "+/+/+", "//", true },
        { "+/+", "//", false },
        { "+/tennis/#", "sport/tennis", true },
        { "+/tennis/#", "sport/tennis/x", true },
        { "a//b", "a//b", true },
        { "a//b", "a/b", false },
        { "a/+/b", "a//b", true },
        { "a/", "a/", true },
        { "a/", "a", false },
        { "a", "a/", false },
        { "/", "/", true },
        { "ACCOUNTS", "Accounts", false },
        { "a b", "a b", true },
        { "Accounts payable", "Accounts payable", true },
        { "#", "$dev/x", false },
        { "+", "$dev", false },
        { "+/x", "$dev/x", false },
        { "+/#", "$dev/x", false },
        { "+/+", "$dev/x", false },
        { "$dev/#", "$dev/x", true },
        { "$dev/#", "$dev", true },
        { "$dev/+", "$dev/x", true },
        { "$dev/x", "$dev/x", true },
        { "a/#", "a/$dev", true },
        { "a/+", "a/$dev", true },
        { "a/+/b", "a/$dev/b", true },
        { "/+", "/$dev", true },
        { "$", "$", true },
        { "#", "$", false },
        { "+", "$", false },
        { "$shared/x", "$shared/x", true },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    [Clause("MQTT-4.7.1-1")]
    [Clause("MQTT-4.7.1-2")]
    [Clause("MQTT-4.7.2-1")]
    [Clause("MQTT-4.7.3-4")]
    public void Filters_match_live_retained_and_shared(string filter, string topic, bool matches)
    {
        foreach (ProtocolVersion version in new[] { ProtocolVersion.V311, ProtocolVersion.V5 })
        {
            using var broker = new TestBroker();
            TestClient live = broker.Connect("live", version);
            TestClient shared = broker.Connect("shared", version);
            TestClient late = broker.Connect("late", version);
            live.SubscribeTo(filter);
            shared.SubscribeTo("$share/g/" + filter);

            broker.Connect("p", version).Publish(topic, "x", retain: true);
            late.SubscribeTo(filter);

            Assert.Equal(matches ? [$"{topic}=x q0"] : [], live.Seen());
            Assert.Equal(matches ? [$"{topic}=x q0"] : [], shared.Seen());
            Assert.Equal(matches ? [$"{topic}=x q0 retained"] : [], late.Seen());
        }
    }

    [Theory]
    [InlineData("a#")]
    [InlineData("a/#/b")]
    [InlineData("#/a")]
    [InlineData("##")]
    [InlineData("a/b#")]
    [InlineData("a/#b")]
    [InlineData("#/")]
    [InlineData("a+")]
    [InlineData("+a")]
    [InlineData("a/b+/c")]
    [InlineData("++")]
    [InlineData("a/+#")]
    [InlineData("")]
    [Clause("MQTT-4.7.1-1")]
    [Clause("MQTT-4.7.1-2")]
    [Clause("MQTT-4.7.3-1")]
    public void Filters_that_are_none_are_refused(string filter)
    {
        using var broker = new TestBroker();
        TestClient v5 = broker.Connect("v5");
        TestClient v311 = broker.Connect("v311", ProtocolVersion.V311);

        Assert.Equal([ReasonCode.TopicFilterInvalid], v5.SubscribeTo(filter));
        v311.Send(ClientPackets.Subscribe(ProtocolVersion.V311, 1, filter));

        v311.ExpectClosed();
        v5.ExpectNothing();
        Assert.Equal(0, broker.Broker.Context.Subscriptions.Count);
    }

    [Theory]
    [InlineData("a/+")]
    [InlineData("a/#")]
    [InlineData("#")]
    [InlineData("a+b")]
    [Clause("MQTT-4.7.0-1")]
    [Clause("V311:MQTT-4.7.1-1")]
    public void A_topic_name_must_not_contain_a_wildcard(string topic)
    {
        using var broker = new TestBroker();
        TestClient v5 = broker.Connect("v5");
        TestClient v311 = broker.Connect("v311", ProtocolVersion.V311);

        v5.Send(ClientPackets.Publish(ProtocolVersion.V5, topic, "x"));
        v311.Send(ClientPackets.Publish(ProtocolVersion.V311, topic, "x"));

        v5.ExpectClosed(ReasonCode.TopicNameInvalid);
        v311.ExpectClosed();
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    [Clause("MQTT-4.7.3-3")]
    public void The_longest_filter_that_mqtt_knows_works_where_the_limit_allows_it(ProtocolVersion version)
    {
        using var broker = new TestBroker(new BrokerLimits { TopicBytes = 65_535 });
        TestClient client = broker.Connect("c", version);
        string longest = new('x', 65_535);

        client.SubscribeTo(longest);
        broker.Connect("p", version).Publish(longest, "y");

        Assert.Equal(longest, Assert.Single(client.Messages()).Topic);
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Bytes_and_levels_of_filters_are_bounded(ProtocolVersion version)
    {
        using var broker = new TestBroker(new BrokerLimits { TopicBytes = 20, TopicLevels = 5 });
        string[] good = ["a/b/c/d", "a/b/c/d/e", "////", "+/+/+/+/#", new('x', 19), new('x', 20), new('\u00E9', 10), "$share/g/a/b/c/d/e"];
        string[] bad = ["a/b/c/d/e/f", "/////", "+/+/+/+/+/#", new('x', 21), new string('\u00E9', 10) + "x", "$share/g/a/b/c/d/e/f"];

        foreach (string filter in good) Assert.Equal([ReasonCode.Success], broker.Connect("c", version).SubscribeTo(filter));
        foreach (string filter in bad)
        {
            TestClient client = broker.Connect("c", version);
            client.Send(ClientPackets.Subscribe(version, 1, filter));
            if (version == ProtocolVersion.V5) Assert.Equal([ReasonCode.TopicFilterInvalid], client.Expect<ServerPacket.SubAck>().ReasonCodes);
            else client.ExpectClosed();
        }
    }
}

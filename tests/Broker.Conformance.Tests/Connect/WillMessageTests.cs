using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>What a will is when it is published: QoS, retain, properties, rights (3.1.2.5 to 3.1.2.7, 3.1.3.2).</summary>
public sealed class WillMessageTests
{
    public static TheoryData<ProtocolVersion, int, bool> Kinds()
    {
        var data = new TheoryData<ProtocolVersion, int, bool>();
        foreach (ProtocolVersion version in new AllVersions().Select(row => row.Data))
        {
            for (int qos = 0; qos < 3; qos++)
            {
                data.Add(version, qos, false);
                data.Add(version, qos, true);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    [Clause("MQTT-3.1.2-12")]
    [Clause("MQTT-3.1.2-14")]
    [Clause("MQTT-3.1.2-15")]
    [Clause("V311:MQTT-3.1.2-16")]
    [Clause("V311:MQTT-3.1.2-17")]
    public void The_will_has_the_QoS_and_is_retained_as_its_flags_say(ProtocolVersion version, int qos, bool retain)
    {
        using var broker = new TestBroker();
        TestClient before = broker.Watch("w/+");
        var will = new WillOptions("w/x", [0, 1, 2]) { Qos = (QualityOfService)qos, Retain = retain };

        broker.Connect(new ConnectOptions { Version = version, Will = will }).Drop();
        TestClient after = broker.Watch("w/#");

        ServerPacket.Publish live = before.Expect<ServerPacket.Publish>();
        Assert.Equal(("w/x", (QualityOfService)qos, false), (live.Topic, live.Qos, live.Retain));
        Assert.Equal([0, 1, 2], live.Payload);
        if (!retain)
        {
            after.ExpectNothing();
            return;
        }

        ServerPacket.Publish kept = after.Expect<ServerPacket.Publish>();
        Assert.Equal(("w/x", (QualityOfService)qos, true), (kept.Topic, kept.Qos, kept.Retain));
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    public void A_will_may_be_empty_and_then_removes_what_was_retained(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        broker.Connect("publisher").Send(ClientPackets.Publish(ProtocolVersion.V5, "w", "old", retain: true));

        broker.Connect(new ConnectOptions { Version = version, Will = new WillOptions("w", []) { Retain = true } }).Drop();

        broker.Watch("w").ExpectNothing();
    }

    [Fact]
    [Clause("MQTT-3.1.3-10")]
    public void The_properties_of_a_will_travel_with_it_in_their_order()
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w", ProtocolVersion.V5);
        Properties sent = new Properties().User("b", "2").WillDelayInterval(1).ContentType("text/plain").User("a", "1").MessageExpiryInterval(60)
            .ResponseTopic("answers/here").User("b", "2").CorrelationData([1, 2, 3]).PayloadFormatIndicator(1).User("", "");

        broker.Connect(new ConnectOptions { Will = new WillOptions("w", "gone"u8.ToArray()) { Properties = sent } }).Drop();

        Properties got = watcher.Expect<ServerPacket.Publish>().Properties;
        Assert.Equal([("b", "2"), ("a", "1"), ("b", "2"), ("", "")], got.UserProperties);
        Assert.Equal("text/plain", got.Text(PropertyId.ContentType));
        Assert.Equal("answers/here", got.Text(PropertyId.ResponseTopic));
        Assert.Equal([1, 2, 3], got.Bytes(PropertyId.CorrelationData));
        Assert.Equal(1u, got.Number(PropertyId.PayloadFormatIndicator));
        Assert.Equal(60u, got.Number(PropertyId.MessageExpiryInterval));
        Assert.False(got.Has(PropertyId.WillDelayInterval));
    }

    [Fact]
    public void The_expiry_of_a_will_counts_from_its_publication()
    {
        using var broker = new TestBroker();
        var will = new WillOptions("w", "gone"u8.ToArray())
        {
            Retain = true,
            Properties = new Properties().MessageExpiryInterval(10).WillDelayInterval(30),
        };
        TestClient client = broker.Connect(new ConnectOptions
        {
            CleanStart = false,
            KeepAlive = 600,
            Properties = new Properties().SessionExpiryInterval(100),
            Will = will,
        });
        broker.Elapse(60);
        client.Drop();
        broker.Elapse(34); // it was published about four seconds ago

        uint? left = broker.Connect("reader").SubscribeAndGet("w")?.Properties.Number(PropertyId.MessageExpiryInterval);
        broker.Elapse(10);

        Assert.InRange(Assert.IsType<uint>(left), 5u, 7u);
        Assert.Null(broker.Connect("late").SubscribeAndGet("w"));
    }

    [Theory]
    [InlineData("a/+")]
    [InlineData("#")]
    [InlineData("")]
    [Clause("MQTT-4.7.0-1")]
    [Clause("MQTT-4.7.3-1")]
    [Clause("V311:MQTT-4.7.1-1")]
    [Clause("V311:MQTT-4.7.3-1")]
    public void A_will_topic_is_a_topic_name(string topic)
    {
        using var broker = new TestBroker();

        TestClient client = broker.SendConnect(new ConnectOptions { Will = new WillOptions(topic, [1]) });
        TestClient old = broker.SendConnect(new ConnectOptions { Version = ProtocolVersion.V311, Will = new WillOptions(topic, [1]) });

        client.ExpectRefused(ReasonCode.TopicNameInvalid);
        old.ExpectClosed();
    }

    [Theory]
    [InlineData("$SYS/broker/clients/total")]
    [InlineData("$presence/other")]
    [InlineData("$share/g/t")]
    [InlineData("$changes/t")]
    [InlineData("$CONTROL/dynamic-security/v1")]
    [InlineData("$SYS")]
    public void A_will_cannot_go_to_the_brokers_own_topics(string topic)
    {
        using var broker = new TestBroker();

        TestClient client = broker.SendConnect(new ConnectOptions { Will = new WillOptions(topic, [1]) });
        TestClient old = broker.SendConnect(new ConnectOptions { Version = ProtocolVersion.V311, Will = new WillOptions(topic, [1]) });

        client.ExpectRefused(ReasonCode.NotAuthorized);
        old.ExpectRefused(ReasonCode.NotAuthorized);
    }

    [Theory]
    [InlineData(8, 3, true)]
    [InlineData(9, 3, false)] // bytes
    [InlineData(8, 4, false)] // levels
    public void A_will_topic_has_the_limits_of_topic_names(int bytes, int levels, bool fits)
    {
        using var broker = new TestBroker(new BrokerLimits { TopicBytes = 8, TopicLevels = 3 });
        string topic = new string('/', levels - 1) + new string('x', bytes - levels + 1);

        TestClient client = broker.SendConnect(new ConnectOptions { Will = new WillOptions(topic, [1]) });

        if (fits) Assert.Equal(ReasonCode.Success, client.Expect<ServerPacket.ConnAck>().ReasonCode);
        else client.ExpectRefused(ReasonCode.TopicNameInvalid);
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.4-2")]
    public void A_will_that_its_client_may_not_leave_refuses_the_CONNECT(ProtocolVersion version)
    {
        var rights = new SwitchedAuthorizer { Forbidden = "restricted/x" };
        using var broker = new TestBroker(configure: parts => parts with { Authorizer = rights });
        TestClient watcher = broker.Watch("#");

        TestClient client = broker.SendConnect(new ConnectOptions { Version = version, Will = new WillOptions("restricted/x", [1]) });

        client.ExpectRefused(ReasonCode.NotAuthorized);
        watcher.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    public void A_right_that_was_lost_meanwhile_stops_the_will(ProtocolVersion version)
    {
        var rights = new SwitchedAuthorizer();
        using var broker = new TestBroker(configure: parts => parts with { Authorizer = rights });
        TestClient watcher = broker.Watch("#");
        TestClient client = broker.Connect(new ConnectOptions { Version = version, Will = new WillOptions("restricted/x", [1]) { Retain = true } });

        rights.Forbidden = "restricted/x";
        client.Drop();

        watcher.ExpectNothing();
    }

    [Theory]
    [InlineData(true, 1, false)]
    [InlineData(true, 0, true)]
    [InlineData(false, 1, true)]
    public void A_will_that_claims_falsely_to_be_text_is_refused_where_the_endpoint_looks(bool validates, byte indicator, bool isAccepted)
    {
        using var broker = new TestBroker();
        var will = new WillOptions("w", [0xFF]) { Properties = new Properties().PayloadFormatIndicator(indicator) };
        TestClient client = broker.Open(ProtocolVersion.V5, validates);

        client.Send(ClientPackets.Connect(new ConnectOptions { Will = will }));

        if (isAccepted) Assert.Equal(ReasonCode.Success, client.Expect<ServerPacket.ConnAck>().ReasonCode);
        else client.ExpectRefused(ReasonCode.PayloadFormatInvalid);
    }

    private sealed class SwitchedAuthorizer : IAuthorizer
    {
        public string Forbidden { get; set; } = "";

        public bool IsAllowed(in AccessRequest request) =>
            request.Action != AccessAction.Will || Forbidden.Length == 0 || !request.Topic.SequenceEqual(System.Text.Encoding.UTF8.GetBytes(Forbidden));
    }
}

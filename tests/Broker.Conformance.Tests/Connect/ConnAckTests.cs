using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>3.2: the answer to CONNECT, what it announces, and that nothing comes before it.</summary>
public sealed class ConnAckTests
{
    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.4-5")]
    [Clause("MQTT-3.2.0-1")]
    [Clause("MQTT-3.2.0-2")]
    [Clause("MQTT-3.2.2-1")]
    [Clause("MQTT-3.2.2-8")]
    [Clause("V311:MQTT-3.1.4-4")]
    [Clause("V311:MQTT-3.2.0-1")]
    public void CONNACK_comes_first_and_once_even_where_messages_wait(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient absent = broker.Resume("client", version);
        absent.Subscribe("a", QualityOfService.AtLeastOnce);
        absent.Drop();
        TestClient publisher = broker.Connect("publisher", version);
        publisher.Send(ClientPackets.Publish(version, "a", "waiting", QualityOfService.AtLeastOnce, 1));
        byte[] connect = ClientPackets.Connect(new ConnectOptions
        {
            Version = version,
            CleanStart = false,
            Properties = new Properties().SessionExpiryInterval(10),
        });

        TestClient client = broker.Open(version);
        client.Send(connect, ClientPackets.PingReq(), ClientPackets.Publish(version, "a", "own"));

        List<ServerPacket> all = client.All();
        Assert.IsType<ServerPacket.ConnAck>(all[0]);
        Assert.Single(all, packet => packet.Type == PacketType.ConnAck);
        Assert.Equal(["waiting", "own"], all.OfType<ServerPacket.Publish>().Select(p => p.Text));
        Assert.Single(all, packet => packet.Type == PacketType.PingResp);
    }

    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    [Clause("MQTT-3.2.2-2")]
    [Clause("MQTT-3.2.2-3")]
    [Clause("V311:MQTT-3.2.2-1")]
    [Clause("V311:MQTT-3.2.2-2")]
    [Clause("V311:MQTT-3.2.2-3")]
    public void Session_present_says_whether_there_was_a_session(ProtocolVersion version)
    {
        using var broker = new TestBroker();

        TestClient first = broker.Resume("client", version);
        first.Drop();
        TestClient second = broker.Resume("client", version);
        second.Drop();
        TestClient clean = broker.Connect("client", version);

        Assert.False(first.ConnAck.SessionPresent);
        Assert.True(second.ConnAck.SessionPresent);
        Assert.False(clean.ConnAck.SessionPresent);
    }

    [Fact]
    public void MQTT_3_1_has_no_session_present()
    {
        using var broker = new TestBroker();
        broker.Resume("client", ProtocolVersion.V31).Drop();

        Assert.False(broker.Resume("client", ProtocolVersion.V31).ConnAck.SessionPresent);
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.2.2-6")]
    [Clause("MQTT-3.2.2-7")]
    [Clause("MQTT-3.1.4-2")]
    [Clause("MQTT-4.13.2-1")]
    [Clause("V311:MQTT-3.2.2-4")]
    [Clause("V311:MQTT-3.2.2-5")]
    public void A_refusal_says_no_session_and_ends_the_connection(ProtocolVersion version)
    {
        using var broker = new TestBroker(new BrokerLimits { ClientIdBytes = 23 });
        broker.Resume("client", version).Drop();

        TestClient client = broker.SendConnect(new ConnectOptions { Version = version, CleanStart = false, ClientId = new string('x', 24) });

        client.ExpectRefused(ReasonCode.ClientIdentifierNotValid);
        Assert.Equal(0, broker.Broker.ConnectionCount);
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.4-6")]
    [Clause("V311:MQTT-3.1.4-5")]
    public void What_follows_a_refused_CONNECT_is_not_looked_at(ProtocolVersion version)
    {
        using var broker = new TestBroker(new BrokerLimits { ClientIdBytes = 23 });
        TestClient watcher = broker.Watch("#");
        TestClient client = broker.Open(version);

        client.Send(
            ClientPackets.Connect(new ConnectOptions { Version = version, ClientId = new string('x', 24) }),
            ClientPackets.Publish(version, "a", "smuggled", retain: true),
            ClientPackets.Connect(new ConnectOptions { Version = version }));

        client.ExpectRefused(ReasonCode.ClientIdentifierNotValid);
        watcher.ExpectNothing();
    }

    [Fact]
    [Clause("V311:MQTT-3.2.2-6")]
    [Clause("V311:MQTT-3.1.4-1")]
    public void Before_MQTT_5_what_no_return_code_says_is_said_by_closing()
    {
        using var broker = new TestBroker();

        TestClient client = broker.SendConnect(new ConnectOptions { Version = ProtocolVersion.V311, Will = new WillOptions("a/#", [1]) });

        client.ExpectClosed();
    }

    [Fact]
    public void CONNACK_announces_the_limits()
    {
        using var broker = new TestBroker(new BrokerLimits { ReceiveMaximum = 7, PacketBytes = 4_711, TopicAliases = 3 });

        Properties announced = broker.Connect("client").ConnAck.Properties;

        Assert.Equal(7u, announced.Number(PropertyId.ReceiveMaximum));
        Assert.Equal(4_711u, announced.Number(PropertyId.MaximumPacketSize));
        Assert.Equal(3u, announced.Number(PropertyId.TopicAliasMaximum));
    }

    [Fact]
    [Clause("MQTT-3.2.2-9")]
    public void CONNACK_leaves_out_what_has_no_limit()
    {
        using var broker = new TestBroker(new BrokerLimits { ReceiveMaximum = 65_535, TopicAliases = 0 });

        Properties announced = broker.Connect(new ConnectOptions { Properties = new Properties().SessionExpiryInterval(60) }).ConnAck.Properties;

        // QoS 2, retained messages, wildcards, identifiers and shared subscriptions are all there, and the wishes were granted.
        Assert.Equal([PropertyId.MaximumPacketSize, PropertyId.UserProperty], announced.Select(property => property.Id)); // the last says that it delivers only changes
    }

    [Fact]
    public void CONNACK_tells_of_change_only_delivery_where_there_is_room_for_it()
    {
        using var broker = new TestBroker();
        TestClient roomy = broker.Connect("roomy");

        TestClient tight = broker.Connect(new ConnectOptions { ClientId = "tight", Properties = new Properties().MaximumPacketSize(40) });

        Assert.True(roomy.ConnAck.Properties.Has(PropertyId.UserProperty));
        Assert.False(tight.ConnAck.Properties.Has(PropertyId.UserProperty));
        Assert.Equal(0, (byte)tight.ConnAck.ReasonCode);
    }

    [Fact]
    [Clause("MQTT-3.1.2-28")]
    public void Response_information_comes_to_whoever_asks()
    {
        using var broker = new TestBroker();

        TestClient asks = broker.Connect(new ConnectOptions { ClientId = "asks", Properties = new Properties().RequestResponseInformation(1) });
        TestClient declines = broker.Connect(new ConnectOptions { ClientId = "declines", Properties = new Properties().RequestResponseInformation(0) });
        TestClient silent = broker.Connect("silent");

        string prefix = Assert.IsType<string>(asks.ConnAck.Properties.Text(PropertyId.ResponseInformation));
        asks.Subscribe(prefix + "/#");
        Assert.False(declines.ConnAck.Properties.Has(PropertyId.ResponseInformation));
        Assert.False(silent.ConnAck.Properties.Has(PropertyId.ResponseInformation));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(null, true)]
    [Clause("MQTT-3.1.2-29")]
    public void Reason_strings_come_to_whoever_does_not_decline_them(int? request, bool expected)
    {
        using var broker = new TestBroker();
        Properties properties = request is { } value ? new Properties().RequestProblemInformation((byte)value) : [];
        TestClient client = broker.Connect(new ConnectOptions { Properties = properties });

        client.Send(ClientPackets.Publish(ProtocolVersion.V5, "$SYS/mine", "1", QualityOfService.AtLeastOnce, 1));
        client.Send(ClientPackets.Publish(ProtocolVersion.V5, "$SYS/mine", "1", QualityOfService.ExactlyOnce, 2));
        client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 3, "a/#/b"));
        client.Send(ClientPackets.PubRel(ProtocolVersion.V5, 9));

        List<ServerPacket> answers = client.All();
        Assert.Equal(4, answers.Count);
        Assert.All(answers, answer => Assert.Empty(answer.Properties.UserProperties));
        if (expected) Assert.NotNull(answers[0].ReasonString);
        else Assert.All(answers, answer => Assert.Null(answer.ReasonString));
    }

    [Fact]
    [Clause("MQTT-3.1.2-29")]
    public void CONNACK_and_DISCONNECT_may_say_why_all_the_same()
    {
        using var broker = new TestBroker();
        Properties declines = new Properties().RequestProblemInformation(0);
        TestClient client = broker.Connect(new ConnectOptions { Properties = declines });
        TestClient refused = broker.SendConnect(new ConnectOptions { Properties = new Properties().RequestProblemInformation(0).AuthenticationMethod("none") });

        client.Send([0xC1, 0x00]);

        Assert.NotNull(client.Expect<ServerPacket.Disconnect>().ReasonString);
        Assert.NotNull(refused.Expect<ServerPacket.ConnAck>().ReasonString);
    }
}

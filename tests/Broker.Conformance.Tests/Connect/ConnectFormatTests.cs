using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>3.1: protocol name, level, flags and the fields that they announce.</summary>
public sealed class ConnectFormatTests
{
    [Theory]
    [InlineData("MQIsdp", 4)]
    [InlineData("MQIsdp", 5)]
    [InlineData("mqtt", 4)]
    [InlineData("MQTt", 5)]
    [InlineData("MQTTX", 5)]
    [InlineData("AMQP", 1)]
    [InlineData("", 4)]
    [Clause("MQTT-3.1.2-1")]
    [Clause("V311:MQTT-3.1.2-1")]
    public void Another_protocol_name_ends_the_connection_without_a_word(string name, byte level)
    {
        using var broker = new TestBroker();

        TestClient client = broker.SendConnect(new ConnectOptions { Version = ProtocolVersion.V311, ProtocolName = name, ProtocolLevel = level });

        client.ExpectClosed();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(0x84)] // a bridge of Mosquitto asks so first, and asks again as MQTT 3.1.1 if it understands the answer
    [Clause("V311:MQTT-3.1.2-2")]
    public void An_earlier_protocol_level_is_refused_in_the_words_of_3_1_1(byte level)
    {
        using var broker = new TestBroker();

        TestClient client = broker.SendConnect(new ConnectOptions { Version = ProtocolVersion.V311, ProtocolLevel = level });

        client.ExpectRefused(ReasonCode.UnsupportedProtocolVersion);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(0x7F)]
    [InlineData(0x85)]
    [Clause("MQTT-3.1.2-2")]
    public void A_later_protocol_level_is_refused_in_the_words_of_5(byte level)
    {
        using var broker = new TestBroker();

        TestClient client = broker.SendConnect(new ConnectOptions { ProtocolLevel = level });

        client.ExpectRefused(ReasonCode.UnsupportedProtocolVersion);
    }

    [Theory]
    [InlineData(ProtocolVersion.V311, 0x03)] // the reserved flag
    [InlineData(ProtocolVersion.V5, 0x03)]
    [Clause("MQTT-3.1.2-3")]
    [Clause("V311:MQTT-3.1.2-3")]
    public void The_reserved_flag_has_to_be_0(ProtocolVersion version, byte flags)
    {
        using var broker = new TestBroker();

        TestClient client = broker.SendConnect(new ConnectOptions { Version = version, ConnectFlags = flags });

        client.ExpectRefused(ReasonCode.MalformedPacket);
    }

    [Theory]
    [InlineData(ProtocolVersion.V311, 0x0A)]
    [InlineData(ProtocolVersion.V311, 0x12)]
    [InlineData(ProtocolVersion.V5, 0x0A)]
    [InlineData(ProtocolVersion.V5, 0x12)]
    [Clause("MQTT-3.1.2-11")]
    [Clause("V311:MQTT-3.1.2-11")]
    [Clause("V311:MQTT-3.1.2-13")]
    public void A_will_QoS_needs_a_will(ProtocolVersion version, byte flags)
    {
        using var broker = new TestBroker();

        TestClient client = broker.SendConnect(new ConnectOptions { Version = version, ConnectFlags = flags });

        client.ExpectRefused(ReasonCode.MalformedPacket);
    }

    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    [Clause("MQTT-3.1.2-13")]
    [Clause("V311:MQTT-3.1.2-15")]
    public void Will_Retain_needs_a_will(ProtocolVersion version)
    {
        using var broker = new TestBroker();

        TestClient client = broker.SendConnect(new ConnectOptions { Version = version, ConnectFlags = 0x22 });

        client.ExpectRefused(ReasonCode.MalformedPacket);
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.2-12")]
    [Clause("V311:MQTT-3.1.2-14")]
    public void Will_QoS_is_0_1_or_2_and_never_3(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        for (byte qos = 0; qos < 3; qos++)
        {
            broker.Connect(new ConnectOptions { Version = version, ClientId = $"c{qos}", Will = new WillOptions("w", [1]) { Qos = (QualityOfService)qos } });
        }

        TestClient client = broker.SendConnect(new ConnectOptions { Version = version, Will = new WillOptions("w", [1]) { Qos = (QualityOfService)3 } });

        client.ExpectRefused(ReasonCode.MalformedPacket);
    }

    [Theory]
    [InlineData(ProtocolVersion.V311, 0x06)] // a will that is not there
    [InlineData(ProtocolVersion.V5, 0x06)]
    [InlineData(ProtocolVersion.V311, 0x82)] // a user name
    [InlineData(ProtocolVersion.V5, 0x82)]
    [InlineData(ProtocolVersion.V5, 0x42)] // a password
    [InlineData(ProtocolVersion.V311, 0xC2)] // both
    [InlineData(ProtocolVersion.V5, 0xC2)]
    [Clause("MQTT-3.1.2-9")]
    [Clause("MQTT-3.1.2-17")]
    [Clause("MQTT-3.1.2-19")]
    [Clause("MQTT-3.1.4-1")]
    [Clause("V311:MQTT-3.1.2-9")]
    [Clause("V311:MQTT-3.1.2-19")]
    [Clause("V311:MQTT-3.1.2-21")]
    [Clause("V311:MQTT-3.1.4-1")]
    public void A_field_that_a_flag_announces_has_to_be_there(ProtocolVersion version, byte flags)
    {
        using var broker = new TestBroker();

        TestClient client = broker.SendConnect(new ConnectOptions { Version = version, ConnectFlags = flags });

        client.ExpectRefused(ReasonCode.MalformedPacket);
    }

    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    [Clause("MQTT-3.1.2-16")]
    [Clause("MQTT-3.1.2-18")]
    [Clause("V311:MQTT-3.1.2-11")]
    [Clause("V311:MQTT-3.1.2-18")]
    [Clause("V311:MQTT-3.1.2-20")]
    public void A_field_that_no_flag_announces_must_not_be_there(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        var plain = new ConnectOptions { Version = version, ConnectFlags = 0x02 };

        TestClient[] clients =
        [
            broker.SendConnect(plain with { Will = new WillOptions("w", [1]) }),
            broker.SendConnect(plain with { UserName = "u" }),
            broker.SendConnect(plain with { UserName = "u", Password = [1], ConnectFlags = 0x82 }),
            broker.SendConnect(plain with { Trailing = [0] }),
        ];

        Assert.All(clients, client => client.ExpectRefused(ReasonCode.MalformedPacket));
    }

    [Fact]
    [Clause("V311:MQTT-3.1.2-22")]
    public void Before_MQTT_5_a_password_needs_a_user_name()
    {
        using var broker = new TestBroker();

        TestClient old = broker.SendConnect(new ConnectOptions { Version = ProtocolVersion.V311, Password = [1] });
        TestClient oldest = broker.SendConnect(new ConnectOptions { Version = ProtocolVersion.V31, Password = [1] });
        broker.Connect(new ConnectOptions { Password = [1] });

        old.ExpectClosed();
        oldest.ExpectClosed();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.3-1")]
    [Clause("MQTT-3.1.3-3")]
    [Clause("V311:MQTT-3.1.3-1")]
    [Clause("V311:MQTT-3.1.3-3")]
    public void The_fields_of_the_payload_are_read_in_their_order(ProtocolVersion version)
    {
        var asked = new FakeAuthenticator();
        using var broker = new TestBroker(configure: parts => parts with { Authenticator = asked });
        TestClient watcher = broker.Watch("the/will");

        TestClient client = broker.Connect(new ConnectOptions
        {
            Version = version,
            ClientId = "the id",
            Will = new WillOptions("the/will", "last words"u8.ToArray()),
            UserName = "the name",
            Password = [0xFF, 0x00, 0x80],
        });
        client.Drop();

        Assert.Equal(("the id", "the name"), (asked.Last!.ClientId, asked.Last.UserName));
        Assert.Equal([0xFF, 0x00, 0x80], asked.Last.Password!.Value.ToArray());
        Assert.Equal("last words", watcher.NextText());
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    public void User_name_and_password_may_be_empty(ProtocolVersion version)
    {
        var asked = new FakeAuthenticator();
        using var broker = new TestBroker(configure: parts => parts with { Authenticator = asked });

        broker.Connect(new ConnectOptions { Version = version, UserName = "", Password = [] });

        Assert.Equal("", asked.Last!.UserName);
        Assert.Equal(0, asked.Last.Password!.Value.Length);
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.4-1")]
    [Clause("MQTT-3.1.3-3")]
    [Clause("V311:MQTT-3.1.4-1")]
    [Clause("V311:MQTT-3.1.3-3")]
    public void A_CONNECT_that_ends_early_anywhere_is_refused(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        byte[] whole = ClientPackets.Connect(new ConnectOptions
        {
            Version = version,
            ClientId = "id",
            UserName = "u",
            Password = [1],
            Will = new WillOptions("w", [1]) { Properties = new Properties().WillDelayInterval(1) },
            Properties = new Properties().ReceiveMaximum(5).User("a", "b"),
        });
        byte[] body = whole[2..];

        for (int length = 0; length < body.Length; length++)
        {
            // MQTT 3.1 lets the length, not the flag, say whether user name and password are there.
            bool isWhole31 = version == ProtocolVersion.V31 && (length == body.Length - 3 || length == body.Length - 6);
            if (isWhole31) continue;
            TestClient client = broker.Open(version);
            client.Send(ClientPackets.Packet(0x10, body[..length]));
            bool isNamed = length > (version == ProtocolVersion.V31 ? 8 : 6);
            if (isNamed && client.IsV5) Assert.Equal(ReasonCode.MalformedPacket, client.Expect<ServerPacket.ConnAck>().ReasonCode);
            else client.All();
            client.ExpectClosed();
        }

        Assert.Equal(0, broker.Broker.ConnectionCount);
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    public void A_CONNECT_may_arrive_byte_by_byte(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Open(version);

        client.SendByteByByte(ClientPackets.Connect(new ConnectOptions { Version = version }));

        Assert.Equal(ReasonCode.Success, client.Expect<ServerPacket.ConnAck>().ReasonCode);
        client.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.0-2")]
    [Clause("V311:MQTT-3.1.0-2")]
    public void A_second_CONNECT_is_a_protocol_error(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("client", version);

        client.Send(ClientPackets.Connect(new ConnectOptions { Version = version }));

        client.ExpectClosed(ReasonCode.ProtocolError);
    }
}

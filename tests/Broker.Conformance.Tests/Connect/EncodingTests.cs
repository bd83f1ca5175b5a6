using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>Chapters 1.5 and 2: strings, integers, flags and identifiers as the bytes on the wire have them.</summary>
public sealed class EncodingTests
{
    private const string TwoBytes = "@@";

    private static readonly byte[][] _illFormed =
    [
        [0xC0, 0x80], // overlong U+0000
        [0xE0, 0x80], // cut off
        [0xC3, 0x41], // continuation missing
        [0x80, 0x41], // continuation alone
        [0xFF, 0xFE], // never in UTF-8
        [0xED, 0xA0], // a surrogate begins
        [0x41, 0x00], // U+0000
    ];

    public static TheoryData<ProtocolVersion, string, int> IllFormedStrings()
    {
        var data = new TheoryData<ProtocolVersion, string, int>();
        for (int i = 0; i < _illFormed.Length; i++)
        {
            foreach (string field in (string[])["client id", "user name", "will topic"])
            {
                data.Add(ProtocolVersion.V31, field, i);
                data.Add(ProtocolVersion.V311, field, i);
                data.Add(ProtocolVersion.V5, field, i);
            }

            foreach (string field in (string[])["method", "property name", "property value", "content type", "response topic", "will property name"])
            {
                data.Add(ProtocolVersion.V5, field, i);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(IllFormedStrings))]
    [Clause("MQTT-1.5.4-1")]
    [Clause("MQTT-1.5.4-2")]
    [Clause("MQTT-1.5.7-1")]
    [Clause("MQTT-3.1.3-4")]
    [Clause("MQTT-3.1.3-11")]
    [Clause("MQTT-3.1.3-12")]
    [Clause("V311:MQTT-1.5.3-1")]
    [Clause("V311:MQTT-1.5.3-2")]
    public void A_string_of_CONNECT_that_is_not_UTF8_ends_the_connection(ProtocolVersion version, string field, int which)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Open(version);
        byte[] packet = ClientPackets.Connect(WithPlaceholder(version, field));

        client.Send(ConnectSteps.Replace(packet, TwoBytes, _illFormed[which]));

        client.ExpectRefused(ReasonCode.MalformedPacket);
        Assert.DoesNotContain(broker.Log, entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
    }

    [Theory]
    [InlineData("\u0001\u001F\u007F")] // control characters may be refused, and are not
    [InlineData("\uFFFF\uFDD0")] // neither are non-characters
    [InlineData("\uD83D\uDE00")] // four bytes
    [Clause("MQTT-1.5.4-1")]
    public void Strings_may_hold_every_other_character(string text)
    {
        using var broker = new TestBroker();

        TestClient client = broker.Connect(new ConnectOptions { ClientId = text, UserName = text });

        client.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-1.5.4-3")]
    [Clause("V311:MQTT-1.5.3-3")]
    public void A_byte_order_mark_is_a_character_like_any_other(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient plain = broker.Connect("x", version);
        TestClient marked = broker.Connect("\uFEFFx", version); // another client: it takes nothing over
        marked.Subscribe("#");

        plain.Send(ClientPackets.Publish(version, "a\uFEFFb", "1"));

        Assert.Equal("a\uFEFFb", marked.Expect<ServerPacket.Publish>().Topic);
        plain.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-1.5.5-1")]
    public void A_remaining_length_that_could_be_shorter_is_malformed(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient first = broker.Open(version);
        TestClient later = broker.Connect("later", version);
        byte[] connect = ClientPackets.Connect(new ConnectOptions { Version = version });

        first.Send([0x10, (byte)(connect[1] | 0x80), 0x00, .. connect[2..]]);
        later.Send([0xC0, 0x80, 0x00]);

        first.ExpectClosed(); // its version is not known yet
        later.ExpectClosed(ReasonCode.MalformedPacket);
    }

    [Fact]
    [Clause("MQTT-1.5.5-1")]
    [Clause("MQTT-2.2.2-1")]
    public void A_property_length_that_could_be_shorter_or_is_missing_is_malformed()
    {
        using var broker = new TestBroker();
        TestClient longer = broker.Open();
        TestClient missing = broker.Open();

        longer.Send(ClientPackets.Packet(0x10, [0, 4, .. "MQTT"u8, 5, 2, 0, 60, 0x80, 0x00, 0, 1, (byte)'a']));
        missing.Send(ClientPackets.Packet(0x10, [0, 4, .. "MQTT"u8, 5, 2, 0, 60]));

        longer.ExpectRefused(ReasonCode.MalformedPacket);
        missing.ExpectRefused(ReasonCode.MalformedPacket);
    }

    [Theory]
    [InlineData("00")] // no such property
    [InlineData("7F00")]
    [InlineData("A601")] // the identifier of User Property, in two bytes with another value
    [InlineData("0B01")] // not for CONNECT: Subscription Identifier
    [InlineData("0101")] // not for CONNECT: Payload Format Indicator
    [InlineData("1800000001")] // not for CONNECT: Will Delay Interval belongs to the will
    [InlineData("11000000")] // cut off
    [InlineData("15000441")] // its string is longer than the block
    [Clause("MQTT-3.1.4-1")]
    public void A_property_block_that_cannot_be_read_is_malformed(string block)
    {
        using var broker = new TestBroker();

        TestClient client = broker.SendConnect(new ConnectOptions { Properties = new Properties().Raw(Convert.FromHexString(block)) });

        client.ExpectRefused(ReasonCode.MalformedPacket);
    }

    public static TheoryData<ProtocolVersion, byte> ReservedFlags()
    {
        var data = new TheoryData<ProtocolVersion, byte>();
        foreach (byte first in (byte[])[0x41, 0x52, 0x60, 0x63, 0x6A, 0x74, 0x80, 0x83, 0x92, 0xA0, 0xA6, 0xC1, 0xC8, 0xE2, 0xEF])
        {
            data.Add(ProtocolVersion.V311, first);
            data.Add(ProtocolVersion.V5, first);
        }

        data.Add(ProtocolVersion.V5, 0xF1);
        return data;
    }

    [Theory]
    [MemberData(nameof(ReservedFlags))]
    [Clause("MQTT-2.1.3-1")]
    [Clause("MQTT-3.14.1-1")]
    [Clause("MQTT-3.15.1-1")]
    [Clause("MQTT-4.13.1-1")]
    [Clause("V311:MQTT-2.2.2-1")]
    [Clause("V311:MQTT-2.2.2-2")]
    [Clause("V311:MQTT-3.14.1-1")]
    public void A_first_byte_with_reserved_flags_ends_the_connection(ProtocolVersion version, byte first)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("client", version);

        client.Send([first, 0x02, 0x00, 0x01]);

        client.ExpectClosed(first is 0x92 ? ReasonCode.ProtocolError : ReasonCode.MalformedPacket); // 0x92: SUBACK is a server's
    }

    [Fact]
    public void A_client_of_MQTT_3_1_may_repeat_PUBREL_and_SUBSCRIBE_with_DUP()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("old", ProtocolVersion.V31);

        client.Send([0x6A, 0x02, 0x00, 0x07], [0x8A, 0x06, 0x00, 0x09, 0x00, 0x01, (byte)'a', 0x00]);

        Assert.Equal(7, client.Expect<ServerPacket.PubComp>().PacketId);
        Assert.Equal(9, client.Expect<ServerPacket.SubAck>().PacketId);
        client.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-2.2.1-2")]
    [Clause("MQTT-2.2.1-4")]
    [Clause("MQTT-2.2.1-5")]
    [Clause("MQTT-2.2.1-6")]
    [Clause("V311:MQTT-2.3.1-1")]
    [Clause("V311:MQTT-2.3.1-4")]
    [Clause("V311:MQTT-2.3.1-5")]
    [Clause("V311:MQTT-2.3.1-6")]
    [Clause("V311:MQTT-2.3.1-7")]
    public void Identifiers_are_unused_not_zero_and_come_back_in_acknowledgements(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("client", version);

        client.Send(ClientPackets.Subscribe(version, 0xFFFF, "a", QualityOfService.AtLeastOnce));
        for (ushort id = 1; id <= 3; id++) client.Send(ClientPackets.Publish(version, "a", "1", QualityOfService.AtLeastOnce, id));
        client.Send(ClientPackets.Publish(version, "a", "0"));
        client.Send(ClientPackets.Unsubscribe(version, 0x8001, "a"));

        List<ServerPacket> all = client.All();
        Assert.Equal(0xFFFF, Assert.Single(all.OfType<ServerPacket.SubAck>()).PacketId);
        Assert.Equal(0x8001, Assert.Single(all.OfType<ServerPacket.UnsubAck>()).PacketId);
        Assert.Equal([1, 2, 3], all.OfType<ServerPacket.PubAck>().Select(p => (int)p.PacketId));
        ushort[] sent = [.. all.OfType<ServerPacket.Publish>().Where(p => p.Qos == QualityOfService.AtLeastOnce).Select(p => p.PacketId)];
        Assert.Equal(3, sent.Distinct().Count());
        Assert.DoesNotContain((ushort)0, sent);
        Assert.Single(all.OfType<ServerPacket.Publish>(), p => p.Qos == QualityOfService.AtMostOnce); // the decoder reads no identifier of it
    }

    private static ConnectOptions WithPlaceholder(ProtocolVersion version, string field)
    {
        var options = new ConnectOptions { Version = version, ClientId = "c", UserName = "u", Will = new WillOptions("w", [1]) };
        return field switch
        {
            "client id" => options with { ClientId = TwoBytes },
            "user name" => options with { UserName = TwoBytes },
            "will topic" => options with { Will = new WillOptions(TwoBytes, [1]) },
            "method" => options with { Properties = new Properties().AuthenticationMethod(TwoBytes) },
            "property name" => options with { Properties = new Properties().User(TwoBytes, "v") },
            "property value" => options with { Properties = new Properties().User("n", TwoBytes) },
            "content type" => WithWill(options, new Properties().ContentType(TwoBytes)),
            "response topic" => WithWill(options, new Properties().ResponseTopic(TwoBytes)),
            _ => WithWill(options, new Properties().User(TwoBytes, "v")),
        };
    }

    private static ConnectOptions WithWill(ConnectOptions options, Properties properties) =>
        options with { Will = new WillOptions("w", [1]) { Properties = properties } };
}

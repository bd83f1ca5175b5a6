using System.Runtime.CompilerServices;
using Broker.Core.Connections;
using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>First packets that have broken other brokers: each costs the attacker a connection, and the broker nothing more.</summary>
public sealed class HostileFirstPacketTests
{
    private const string C5 = "101000044D5154540502003C000003616263";
    private const string C4 = "100F00044D5154540402003C0003616263";

    [Theory]
    [InlineData("10FFFFFF7F")] // announces 256 MB
    [InlineData("80FFFFFF7F")] // so do packets that cannot be first
    [InlineData("30FFFFFF7F")]
    [InlineData("C0FFFFFF7F")]
    [InlineData("1080808080 01")] // a length of five bytes
    [InlineData("10FFFFFFFF")]
    [InlineData("108F00")] // a length that could be shorter
    [InlineData("40020001")]
    [InlineData("3000")]
    [InlineData("62020001")]
    [InlineData("E000")]
    [InlineData("F000")]
    [InlineData("0000")]
    [InlineData("20020000")]
    [InlineData("C000")]
    [InlineData("1100")] // reserved flags
    [InlineData("1F00")]
    [InlineData("1000")] // a CONNECT without anything
    [InlineData("3600")] // QoS 3
    [InlineData("3800")] // DUP at QoS 0
    [InlineData("474554202F20485454502F312E310D0A0D0A")] // GET / HTTP/1.1
    [InlineData("16030100C8010000C40303")] // a TLS ClientHello
    [Clause("MQTT-3.1.0-1")]
    [Clause("MQTT-3.14.0-1")]
    [Clause("V311:MQTT-3.1.0-1")]
    public void What_is_no_CONNECT_ends_the_connection_without_a_word(string hex)
    {
        byte[] bytes = Bytes(hex);
        using var broker = new TestBroker();
        TestClient whole = broker.Open();
        TestClient bytewise = broker.Open();

        whole.Send(bytes);
        bytewise.SendByteByByte(bytes);

        whole.ExpectClosed();
        bytewise.ExpectClosed();
        Assert.Equal(0, broker.Broker.ConnectionCount);
    }

    [Fact]
    public void A_CONNACK_behind_CONNECT_is_a_protocol_error()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Open();

        client.Send(Bytes("101000044d5154540502003c03210014000029020001e000"));

        client.Expect<ServerPacket.ConnAck>();
        client.ExpectClosed(ReasonCode.ProtocolError);
    }

    [Fact]
    public void A_DISCONNECT_that_announces_properties_it_does_not_have_is_malformed()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Open();

        client.Send(Bytes("101000044d5154540502003c0321001400006202d301e0020020"));

        client.Expect<ServerPacket.ConnAck>();
        Assert.Equal(ReasonCode.PacketIdentifierNotFound, client.Expect<ServerPacket.PubComp>().ReasonCode);
        client.ExpectClosed(ReasonCode.MalformedPacket);
    }

    [Theory]
    [InlineData("101300044D5154540502003C 8080808001 0003616263")] // five bytes
    [InlineData("101200044D5154540502003C FFFFFF7F 0003616263")] // beyond the packet
    [InlineData("101000044D5154540502003C 05 0003616263")] // into the client identifier
    [InlineData("100F00044D5154540502003C 00 00FF6162")] // a client identifier beyond the packet
    public void A_length_inside_CONNECT_that_lies_is_malformed(string hex)
    {
        byte[] bytes = Bytes(hex);
        bytes[1] = (byte)(bytes.Length - 2);
        using var broker = new TestBroker();
        TestClient client = broker.Open();

        client.Send(bytes);

        client.ExpectRefused(ReasonCode.MalformedPacket);
    }

    [Theory]
    [InlineData(C5)]
    [InlineData(C4)]
    public void A_valid_CONNECT_may_be_split_anywhere(string hex)
    {
        byte[] bytes = Bytes(hex);
        using var broker = new TestBroker();

        for (int at = 1; at < bytes.Length; at++)
        {
            TestClient client = broker.Open(hex == C5 ? ProtocolVersion.V5 : ProtocolVersion.V311);
            client.Send(bytes[..at]);
            client.ExpectNothing();
            client.Send([.. bytes[at..], 0xC0, 0x00]);
            Assert.Equal(ReasonCode.Success, client.Expect<ServerPacket.ConnAck>().ReasonCode);
            client.Expect<ServerPacket.PingResp>();
            client.Disconnect();
        }
    }

    [Fact]
    public void A_flood_of_user_properties_is_refused()
    {
        using var broker = new TestBroker();
        byte[] empty = [0x26, 0x00, 0x00, 0x00, 0x00];
        byte[] flood = [.. Enumerable.Repeat(empty, 13_000).SelectMany(bytes => bytes)];

        TestClient client = broker.SendConnect(new ConnectOptions { Properties = new Properties().Raw(flood) });

        client.ExpectRefused(ReasonCode.QuotaExceeded);
    }

    [Theory]
    [InlineData("10FFFFFF7F", 1)] // announced and refused
    [InlineData("10FBFF03 0004", 1)] // announced 65,531 bytes and never sent them
    [InlineData(C5, 1)]
    [InlineData("10FBFF03", 60_000)] // sent most of them
    public void Memory_follows_the_bytes_that_came_and_not_those_that_were_announced(string hex, int repeat)
    {
        using var broker = new TestBroker();
        byte[] bytes = [.. Bytes(hex), .. new byte[repeat - 1]];
        Measure(broker, bytes); // pools fill, code is compiled

        long allocated = Measure(broker, bytes);

        Assert.InRange(allocated, 0, 8_192 + (4 * bytes.Length)); // the connection itself, and a small multiple of what it sent
    }

    [Fact]
    public void A_flood_of_user_properties_costs_no_memory()
    {
        using var broker = new TestBroker();
        byte[] empty = [0x26, 0x00, 0x00, 0x00, 0x00];
        byte[] flood = ClientPackets.Connect(new ConnectOptions { Properties = new Properties().Raw(Enumerable.Repeat(empty, 13_000).SelectMany(b => b)) });
        Measure(broker, flood);

        long allocated = Measure(broker, flood);

        Assert.InRange(allocated, 0, flood.Length);
    }

    [Fact]
    public void A_thousand_connections_that_announce_much_and_send_little_hold_little()
    {
        using var broker = new TestBroker();
        byte[] bytes = Bytes("10FBFF03 0004 4D515454");
        Measure(broker, bytes);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++) Measure(broker, bytes, keepOpen: true);
        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / 1_000;

        Assert.InRange(each, 0, 4_096);
    }

    /// <summary>Bytes that the broker allocates for one connection that sends <paramref name="bytes"/> at once.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long Measure(TestBroker broker, byte[] bytes, bool keepOpen = false)
    {
        var transport = new SilentTransport();
        var info = new ConnectionInfo("Test", TransportKind.Memory, null);
        using var output = new OutputBuffer();
        long before = GC.GetAllocatedBytesForCurrentThread();
        ClientConnection connection = broker.Broker.Accept(transport, info)!;
        connection.Receive(bytes);
        connection.Drain(output);
        if (!keepOpen) connection.Closed(CloseCause.NetworkError);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    private sealed class SilentTransport : ITransport
    {
        public void RequestDrain()
        {
        }

        public void ResumeReceive()
        {
        }

        public void Abort()
        {
        }
    }
}

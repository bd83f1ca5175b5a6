using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>3.14 and 4.13: how connections end, and what is said last.</summary>
public sealed class DisconnectTests
{
    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.14.4-1")]
    public void What_a_client_sends_behind_its_DISCONNECT_is_not_looked_at(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("#");
        TestClient client = broker.Connect("client", version);

        client.Send(ClientPackets.Disconnect(version), ClientPackets.Publish(version, "a", "late"), ClientPackets.PingReq());

        client.ExpectClosed();
        watcher.ExpectNothing();
    }

    [Theory]
    [InlineData(0x01)] // nobody's
    [InlineData(0x10)]
    [InlineData(0x18)] // AUTH's
    [InlineData(0x87)] // the server's alone
    [InlineData(0x8B)]
    [InlineData(0x8D)]
    [InlineData(0x8E)]
    [InlineData(0x9C)]
    [InlineData(0xA2)]
    [InlineData(0xFF)]
    [Clause("MQTT-3.14.2-1")]
    [Clause("MQTT-4.13.1-1")]
    public void A_reason_that_no_client_may_give_is_a_protocol_error(byte reason)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("client");

        client.Send(ClientPackets.Disconnect(ProtocolVersion.V5, (ReasonCode)reason));

        client.ExpectClosed(ReasonCode.ProtocolError);
    }

    [Theory]
    [InlineData("E000")]
    [InlineData("E00100")]
    [InlineData("E0020000")]
    [InlineData("E00A00081F000568656C6C6F")] // Reason String
    [InlineData("E0090007260001610001 62")] // User Property
    public void DISCONNECT_may_be_short_and_may_have_properties(string hex)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("client");

        client.Send(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

        client.ExpectClosed();
    }

    [Theory]
    [InlineData("E0020020")] // properties that are not there
    [InlineData("E003000000")] // bytes behind them
    [InlineData("E0060005 11 000000")] // cut off
    [InlineData("E0060004 21 0005 00")] // not a property of DISCONNECT
    [Clause("MQTT-4.13.1-1")]
    public void A_DISCONNECT_that_cannot_be_read_is_malformed(string hex)
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        TestClient client = broker.Connect(new ConnectOptions { Will = new WillOptions("w", "gone"u8.ToArray()) });

        client.Send(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

        client.ExpectClosed(ReasonCode.MalformedPacket);
        Assert.Equal("gone", watcher.NextText()); // it was no goodbye
    }

    [Fact]
    public void DISCONNECT_with_the_same_property_twice_is_a_protocol_error()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("client");

        client.Send(ClientPackets.Disconnect(
            ProtocolVersion.V5, ReasonCode.Success, new Properties().SessionExpiryInterval(0).SessionExpiryInterval(0)));

        client.ExpectClosed(ReasonCode.ProtocolError);
    }

    [Fact]
    public void Before_MQTT_5_DISCONNECT_has_no_body()
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("w");
        TestClient client = broker.Connect(new ConnectOptions { Version = ProtocolVersion.V311, Will = new WillOptions("w", "gone"u8.ToArray()) });

        client.Send([0xE0, 0x01, 0x00]);

        client.ExpectClosed();
        Assert.Equal("gone", watcher.NextText());
    }

    [Theory]
    [InlineData(ProtocolVersion.V31)]
    [InlineData(ProtocolVersion.V311)]
    [Clause("V311:MQTT-4.8.0-1")]
    public void Before_MQTT_5_the_broker_never_sends_DISCONNECT(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient violates = broker.Connect("violates", version);
        TestClient taken = broker.Connect("taken", version);
        TestClient silent = broker.Connect(new ConnectOptions { ClientId = "silent", Version = version, KeepAlive = 1 });

        violates.Send([0x00, 0x00]);
        broker.Connect("taken", version);
        broker.Elapse(3);

        Assert.All([violates, taken, silent], client => client.ExpectClosed());
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-4.13.1-1")]
    [Clause("V311:MQTT-4.8.0-1")]
    public void A_packet_that_only_a_server_sends_is_a_protocol_error(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        byte[][] packets = [[0x20, 0x02, 0x00, 0x00], [0x90, 0x03, 0x00, 0x01, 0x00], [0xB0, 0x02, 0x00, 0x01], [0xD0, 0x00]];

        foreach (byte[] packet in packets)
        {
            TestClient client = broker.Connect("client", version);
            client.Send(packet);
            client.ExpectClosed(ReasonCode.ProtocolError);
        }
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-4.13.1-1")]
    public void There_is_no_packet_type_0(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("client", version);

        client.Send([0x00, 0x00]);

        client.ExpectClosed(ReasonCode.MalformedPacket);
    }

    [Fact]
    [Clause("MQTT-3.2.2-15")]
    [Clause("MQTT-4.13.1-1")]
    public void A_packet_beyond_the_limit_is_refused_at_its_header()
    {
        using var broker = new TestBroker(new BrokerLimits { PacketBytes = 1_000 });
        TestClient fits = broker.Connect("fits");
        TestClient large = broker.Connect("large");

        fits.Send(ClientPackets.Packet(0x30, [0, 1, (byte)'a', 0, .. new byte[1_000 - 3 - 4]]));
        large.Send([0x30, 0xE6, 0x07]); // 998 + 3 = 1,001, of which nothing has come

        fits.ExpectNothing();
        large.ExpectClosed(ReasonCode.PacketTooLarge);
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.14.4-2")]
    [Clause("MQTT-4.13.2-1")]
    public void A_client_that_does_not_take_its_last_bytes_is_cut_off(ProtocolVersion version)
    {
        using var broker = new TestBroker(new BrokerLimits { CloseTimeout = TimeSpan.FromSeconds(2) });
        TestClient client = broker.Connect("client", version);
        client.Stall();

        client.Send([0x00, 0x00]);
        broker.Advance(TimeSpan.FromSeconds(1.9));
        bool wasOpen = !client.IsClosed;
        broker.Advance(TimeSpan.FromSeconds(0.2));

        Assert.True(wasOpen);
        Assert.True(client.IsClosed);
        Assert.Equal(0, broker.Broker.ConnectionCount);
    }

    [Fact]
    [Clause("MQTT-3.14.0-1")]
    public void Before_CONNACK_the_broker_sends_no_DISCONNECT()
    {
        using var broker = new TestBroker();
        TestClient nothing = broker.Open();
        TestClient garbage = broker.Open();
        TestClient malformed = broker.SendConnect(new ConnectOptions { Trailing = [0] });

        garbage.Send([0xE0, 0x00]);
        broker.Elapse(6);

        nothing.ExpectClosed();
        garbage.ExpectClosed();
        malformed.ExpectRefused(ReasonCode.MalformedPacket);
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.14.4-1")]
    public void An_acknowledgement_that_is_late_does_not_follow_the_brokers_DISCONNECT(ProtocolVersion version)
    {
        var store = new Publish.DelayedStore();
        using var broker = new TestBroker(configure: parts => parts with { Store = store });
        broker.Resume("subscriber").Subscribe("a", QualityOfService.AtLeastOnce);
        TestClient client = broker.Connect("client", version);
        store.Holds = true;
        client.Send(ClientPackets.Publish(version, "a", "1", QualityOfService.AtLeastOnce, 1));
        client.ExpectNothing();
        client.Stall();
        broker.Connect("client", version); // takes over

        store.CommitAll();
        client.Unstall();

        client.ExpectClosed(ReasonCode.SessionTakenOver);
    }
}

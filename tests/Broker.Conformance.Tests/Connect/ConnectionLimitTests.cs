using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>The bounds that a client can run into before and with its CONNECT: below, at and above each.</summary>
public sealed class ConnectionLimitTests
{
    [Fact]
    public void One_connection_more_than_the_limit_is_closed_at_once()
    {
        using var broker = new TestBroker(new BrokerLimits { Connections = 2 });
        TestClient first = broker.Connect("first");
        TestClient silent = broker.Open(); // counts before it says anything

        TestClient refused = broker.Open();
        bool wasRefused = refused.IsClosed;
        silent.Drop();
        TestClient third = broker.Connect("third");

        Assert.True(wasRefused);
        first.ExpectNothing();
        third.ExpectNothing();
        Assert.Single(broker.Log, entry => entry.Text.Contains("Limits:Connections", StringComparison.Ordinal)); // once, not for each
    }

    [Theory]
    [InlineData(299, true)]
    [InlineData(300, true)]
    [InlineData(301, false)]
    public void A_CONNECT_may_have_as_many_bytes_as_the_limit_says(int bytes, bool fits)
    {
        using var broker = new TestBroker(new BrokerLimits { ConnectPacketBytes = 300, PacketBytes = 10_000 });
        TestClient client = broker.Open();
        byte[] bare = ClientPackets.Connect(new ConnectOptions { UserName = "u", Password = new byte[200] });
        byte[] packet = ClientPackets.Connect(new ConnectOptions { UserName = "u", Password = new byte[200 + bytes - bare.Length] });
        Assert.Equal(bytes, packet.Length);

        client.Send(packet);

        if (!fits)
        {
            client.ExpectClosed(); // nothing beyond the header was looked at
            return;
        }

        Assert.Equal(ReasonCode.Success, client.Expect<ServerPacket.ConnAck>().ReasonCode);
        client.Send(ClientPackets.Publish(ProtocolVersion.V5, "a", new byte[5_000])); // the limit is CONNECT's alone
        client.ExpectNothing();
    }

    [Fact]
    public void A_CONNECT_beyond_the_limit_is_cut_off_at_its_header()
    {
        using var broker = new TestBroker(new BrokerLimits { ConnectPacketBytes = 300 });
        TestClient client = broker.Open();

        client.Send([0x10, 0xAA, 0x02]); // 298 + 3 = 301

        client.ExpectClosed();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(10)]
    public void CONNECT_has_to_be_complete_in_time_however_it_trickles(int sent)
    {
        using var broker = new TestBroker(new BrokerLimits { ConnectTimeout = TimeSpan.FromSeconds(5) });
        TestClient client = broker.Open();
        byte[] connect = ClientPackets.Connect(new ConnectOptions());

        for (int i = 0; i < 49; i++)
        {
            if (i < sent) client.SendByteByByte([connect[i]]);
            broker.Advance(TimeSpan.FromMilliseconds(100));
        }

        client.ExpectNothing();
        broker.Advance(TimeSpan.FromMilliseconds(200));
        client.ExpectClosed();
        Assert.Equal(0, broker.Broker.ConnectionCount);
    }

    [Fact]
    public void The_time_for_CONNECT_does_not_count_once_it_came()
    {
        using var broker = new TestBroker(new BrokerLimits { ConnectTimeout = TimeSpan.FromSeconds(5) });
        TestClient client = broker.Open();
        broker.Advance(TimeSpan.FromSeconds(4.8));

        client.Send(ClientPackets.Connect(new ConnectOptions { KeepAlive = 600 }));
        client.Expect<ServerPacket.ConnAck>();
        broker.Elapse(800);

        client.ExpectNothing();
    }

    [Theory]
    [InlineData(3, 0, true)]
    [InlineData(4, 0, true)]
    [InlineData(5, 0, false)]
    [InlineData(2, 2, true)]
    [InlineData(2, 3, false)]
    [InlineData(0, 5, false)]
    public void A_CONNECT_may_have_as_many_user_properties_as_the_limit_says_the_wills_among_them(int own, int ofWill, bool fits)
    {
        using var broker = new TestBroker(new BrokerLimits { UserProperties = 4 });
        var will = new WillOptions("w", [1]) { Properties = Users(ofWill) };

        TestClient client = broker.SendConnect(new ConnectOptions { Properties = Users(own), Will = ofWill > 0 ? will : null });

        if (fits) Assert.Equal(ReasonCode.Success, client.Expect<ServerPacket.ConnAck>().ReasonCode);
        else client.ExpectRefused(ReasonCode.QuotaExceeded);
    }

    private static Properties Users(int count)
    {
        var properties = new Properties();
        for (int i = 0; i < count; i++) properties.User($"{i}", "");
        return properties;
    }
}

using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>Session Expiry Interval: 3.1.2.11.2, 3.2.2.3.2 and 3.14.2.2.2.</summary>
public sealed class SessionExpiryTests
{
    private static readonly BrokerLimits _hour = new() { SessionExpiry = TimeSpan.FromHours(1) };

    [Theory]
    [InlineData(29, true)]
    [InlineData(31, false)]
    [Clause("MQTT-3.1.2-23")]
    [Clause("MQTT-4.1.0-2")]
    public void A_session_is_kept_for_its_expiry_interval_and_no_longer(int seconds, bool isThere)
    {
        using var broker = new TestBroker();
        Connect(broker, 30).Drop();

        broker.Elapse(seconds);

        Assert.Equal(isThere, broker.Resume("client").ConnAck.SessionPresent);
    }

    [Fact]
    [Clause("MQTT-4.1.0-2")]
    public void The_interval_counts_from_the_end_of_the_last_connection()
    {
        using var broker = new TestBroker();
        TestClient client = Connect(broker, 30);
        broker.Elapse(50); // connected
        client.Drop();
        broker.Elapse(20);
        client = Connect(broker, 30);
        broker.Elapse(50);
        client.Drop();
        broker.Elapse(29);

        Assert.True(Connect(broker, 30).ConnAck.SessionPresent);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(null)]
    [Clause("MQTT-4.1.0-2")]
    public void With_0_or_without_an_interval_the_session_ends_with_the_connection(uint? expiry)
    {
        using var broker = new TestBroker();
        TestClient client = Connect(broker, expiry);
        client.Drop();

        Assert.False(broker.Resume("client").ConnAck.SessionPresent);
    }

    [Theory]
    [InlineData(3_599u, null)]
    [InlineData(3_600u, null)]
    [InlineData(3_601u, 3_600u)]
    [InlineData(uint.MaxValue - 1, 3_600u)]
    [InlineData(uint.MaxValue, 3_600u)]
    public void A_longer_wish_than_the_limit_is_lowered_and_the_client_is_told(uint asked, uint? told)
    {
        using var broker = new TestBroker(_hour);

        TestClient client = Connect(broker, asked);

        Assert.Equal(told, client.ConnAck.Properties.Number(PropertyId.SessionExpiryInterval));
    }

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(7_200u)]
    public void A_lowered_interval_is_the_one_in_force(uint asked)
    {
        using var broker = new TestBroker(new BrokerLimits { SessionExpiry = TimeSpan.FromSeconds(20) });
        Connect(broker, asked).Drop();
        broker.Elapse(19);
        TestClient again = Connect(broker, asked);
        again.Drop();
        broker.Elapse(21);

        Assert.True(again.ConnAck.SessionPresent);
        Assert.False(Connect(broker, asked).ConnAck.SessionPresent);
    }

    [Theory]
    [InlineData(ProtocolVersion.V31)]
    [InlineData(ProtocolVersion.V311)]
    public void Before_MQTT_5_a_kept_session_is_kept_for_the_limit(ProtocolVersion version)
    {
        using var broker = new TestBroker(new BrokerLimits { SessionExpiry = TimeSpan.FromSeconds(20) });
        TestClient watcher = broker.Watch("w");
        broker.Resume("client", version).Drop();

        broker.Elapse(19);
        TestClient stays = broker.Connect(new ConnectOptions { ClientId = "client", Version = ProtocolVersion.V311, CleanStart = false });
        stays.Drop();
        broker.Elapse(21);

        Assert.True(stays.ConnAck.SessionPresent);
        Assert.False(broker.Resume("client", ProtocolVersion.V311).ConnAck.SessionPresent);
        watcher.ExpectNothing();
    }

    [Fact]
    public void A_limit_of_0_keeps_no_session_at_all()
    {
        using var broker = new TestBroker(new BrokerLimits { SessionExpiry = TimeSpan.Zero });
        TestClient client = Connect(broker, 100);
        client.Drop();

        Assert.Equal(0u, client.ConnAck.Properties.Number(PropertyId.SessionExpiryInterval));
        Assert.False(Connect(broker, 100).ConnAck.SessionPresent);
    }

    [Theory]
    [InlineData(100u, 10u, 11, false)] // shorter
    [InlineData(10u, 100u, 99, true)] // longer
    [InlineData(10u, 100u, 101, false)]
    [InlineData(100u, 0u, 0, false)] // at once
    [InlineData(10u, uint.MaxValue, 3_599, true)] // within the limit
    public void DISCONNECT_may_change_the_interval(uint before, uint after, int seconds, bool isThere)
    {
        using var broker = new TestBroker(_hour);
        TestClient client = Connect(broker, before);

        client.Send(ClientPackets.Disconnect(ProtocolVersion.V5, ReasonCode.NormalDisconnection, new Properties().SessionExpiryInterval(after)));
        client.ExpectClosed();
        broker.Elapse(seconds);

        Assert.Equal(isThere, Connect(broker, 1).ConnAck.SessionPresent);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(null)]
    [Clause("MQTT-4.13.1-1")]
    public void DISCONNECT_cannot_raise_an_interval_of_0(uint? before)
    {
        using var broker = new TestBroker();
        TestClient client = Connect(broker, before);

        client.Send(ClientPackets.Disconnect(ProtocolVersion.V5, ReasonCode.NormalDisconnection, new Properties().SessionExpiryInterval(1)));

        client.ExpectClosed(ReasonCode.ProtocolError);
        Assert.False(broker.Resume("client").ConnAck.SessionPresent);
    }

    [Fact]
    public void DISCONNECT_may_repeat_an_interval_of_0()
    {
        using var broker = new TestBroker();
        TestClient client = Connect(broker, 0);

        client.Send(ClientPackets.Disconnect(ProtocolVersion.V5, ReasonCode.NormalDisconnection, new Properties().SessionExpiryInterval(0)));

        client.ExpectClosed();
    }

    [Fact]
    [Clause("MQTT-3.14.2-2")]
    public void The_brokers_own_DISCONNECT_has_no_session_expiry()
    {
        using var broker = new TestBroker();
        TestClient client = Connect(broker, 100);

        Connect(broker, 100);

        Assert.False(client.Expect<ServerPacket.Disconnect>().Properties.Has(PropertyId.SessionExpiryInterval));
    }

    [Fact]
    public void A_new_CONNECT_sets_the_interval_anew()
    {
        using var broker = new TestBroker();
        Connect(broker, 1_000).Drop();
        TestClient shorter = Connect(broker, 5);
        shorter.Drop();
        broker.Elapse(6);

        Assert.True(shorter.ConnAck.SessionPresent);
        Assert.False(Connect(broker, 5).ConnAck.SessionPresent);
    }

    private static TestClient Connect(TestBroker broker, uint? expiry) => broker.Connect(new ConnectOptions
    {
        CleanStart = false,
        Properties = expiry is { } seconds ? new Properties().SessionExpiryInterval(seconds) : [],
    });
}

using Broker.Core.Connections;
using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Core.Tests.Limits;

/// <summary>How many connections, and how many a second, an address, an endpoint, a principal and a client may have: below, at and above.</summary>
public sealed class ConnectionBudgetTests
{
    public static TheoryData<string> Scopes => ["address", "endpoint", "principal"];

    [Theory]
    [MemberData(nameof(Scopes))]
    public void One_connection_more_is_told_0x97_and_the_others_notice_nothing(string scope)
    {
        using var broker = new LimitCase(Bounds(scope, new PrincipalLimits { Connections = 2 }));
        TestClient first = Of(broker, "1", "a");
        TestClient second = Of(broker, "2", "a");

        TestClient third = Of(broker, "3", "a");

        Assert.Equal(ReasonCode.QuotaExceeded, third.Expect<ServerPacket.ConnAck>().ReasonCode);
        third.ExpectClosed();
        Welcome(first);
        Welcome(second);
        Welcome(Of(broker, "4", "b"));
        Assert.Equal(1, broker.Reached(scope, BudgetItem.Connections));
        Assert.Contains(broker.Limits, limit => limit.Contains("Connections", StringComparison.Ordinal));

        second.Drop();
        Welcome(Of(broker, "5", "a"));
    }

    [Theory]
    [MemberData(nameof(Scopes))]
    public void One_connect_a_second_more_is_told_0x9F(string scope)
    {
        using var broker = new LimitCase(Bounds(scope, new PrincipalLimits { ConnectRate = 2 }));
        Welcome(Of(broker, "1", "a"));
        Welcome(Of(broker, "2", "a"));

        Assert.Equal(ReasonCode.ConnectionRateExceeded, Of(broker, "3", "a").Expect<ServerPacket.ConnAck>().ReasonCode);
        Welcome(Of(broker, "4", "b"));
        broker.Broker.Advance(TimeSpan.FromMilliseconds(500));

        Welcome(Of(broker, "5", "a"));
        Assert.Equal(1, broker.Reached(scope, BudgetItem.ConnectRate));
    }

    [Fact]
    public void A_client_of_3_1_1_is_told_3()
    {
        using var broker = new LimitCase(new BudgetOptions { PerAddress = new ConnectionLimits { ConnectRate = 1 } });
        var old = new ConnectOptions { Version = ProtocolVersion.V311 };
        broker.Connect("1", address: "192.0.2.1", options: old);

        TestClient refused = broker.Ask("2", address: "192.0.2.1", options: old);

        Assert.Equal(3, refused.Expect<ServerPacket.ConnAck>().ReturnCode);
    }

    [Fact]
    public void Only_so_many_wait_to_be_told_and_more_are_closed_at_once()
    {
        using var broker = new LimitCase(new BudgetOptions { PerAddress = new ConnectionLimits { Connections = 1 } });
        broker.Connect("1", address: "192.0.2.1");
        var info = new ConnectionInfo("Test", TransportKind.Memory, new System.Net.IPEndPoint(System.Net.IPAddress.Parse("192.0.2.1"), 1));

        TestClient[] silent = [.. Enumerable.Range(0, 17).Select(_ => broker.Broker.Open(info))];

        Assert.All(silent[..16], client => Assert.False(client.IsClosed));
        Assert.True(silent[16].IsClosed);
        silent[0].Drop();
        Assert.False(broker.Broker.Open(info).IsClosed);
    }

    [Fact]
    public void A_client_that_takes_its_own_connection_over_needs_no_room_for_two()
    {
        using var broker = new LimitCase(new BudgetOptions { PerPrincipal = new PrincipalLimits { Connections = 1 } });
        TestClient old = broker.Connect("1", "a");

        TestClient now = broker.Connect("1", "a");

        old.ExpectClosed(ReasonCode.SessionTakenOver);
        now.ExpectNothing();
        broker.Broker.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(ReasonCode.QuotaExceeded, broker.Ask("2", "a").Expect<ServerPacket.ConnAck>().ReasonCode);
    }

    [Fact]
    public void A_client_may_connect_so_often_a_second()
    {
        using var broker = new LimitCase(new BudgetOptions { PerClient = new RateLimits { ConnectRate = 2 } });
        broker.Connect("loop");
        broker.Connect("loop");

        Assert.Equal(ReasonCode.ConnectionRateExceeded, broker.Ask("loop").Expect<ServerPacket.ConnAck>().ReasonCode);
        broker.Connect("other");
        Assert.Equal(1, broker.Reached("client", BudgetItem.ConnectRate));
    }

    [Fact]
    public void IPv6_counts_by_its_64()
    {
        using var broker = new LimitCase(new BudgetOptions { PerAddress = new ConnectionLimits { Connections = 1 } });
        broker.Connect("1", address: "2001:db8::1");

        Assert.Equal(ReasonCode.QuotaExceeded, broker.Ask("2", address: "2001:db8::ffff:1").Expect<ServerPacket.ConnAck>().ReasonCode);
        broker.Connect("3", address: "2001:db8:0:1::1");
    }

    [Fact]
    public void Reserved_connections_are_for_the_privileged()
    {
        var budgets = new BudgetOptions { Privileged = new PrivilegedOptions { Users = ["op-*"], Endpoints = ["Admin"] } };
        using var broker = new LimitCase(budgets, new BrokerLimits { Connections = 4, ReservedConnections = 2 });
        broker.Connect("1", "a");
        broker.Connect("2", "b");

        Assert.Equal(ReasonCode.QuotaExceeded, broker.Ask("3", "c").Expect<ServerPacket.ConnAck>().ReasonCode);
        TestClient operatorClient = broker.Connect("4", "op-1");
        TestClient admin = broker.Connect("5", "d", endpoint: "Admin");

        Assert.True(broker.Broker.Open().IsClosed); // nothing is left for anybody
        operatorClient.ExpectNothing();
        admin.ExpectNothing();
    }

    [Fact]
    public void Nothing_is_reserved_where_nobody_is_privileged()
    {
        using var broker = new LimitCase(limits: new BrokerLimits { Connections = 2, ReservedConnections = 1 });
        broker.Connect("1");
        broker.Connect("2");

        Assert.True(broker.Broker.Open().IsClosed);
    }

    [Fact]
    public void A_reload_bounds_those_who_are_connected_already()
    {
        using var broker = new LimitCase();
        TestClient first = broker.Connect("1", "a");
        broker.Connect("2", "a");

        broker.Broker.Broker.Use(new BrokerLimits(), new BudgetOptions { PerPrincipal = new PrincipalLimits { Connections = 2 } });

        Assert.Equal(ReasonCode.QuotaExceeded, broker.Ask("3", "a").Expect<ServerPacket.ConnAck>().ReasonCode);
        first.Drop();
        broker.Connect("4", "a");
        broker.Broker.Broker.Use(new BrokerLimits(), new BudgetOptions());
        broker.Connect("5", "a");
    }

    private static BudgetOptions Bounds(string scope, PrincipalLimits limits) => scope switch
    {
        "address" => new BudgetOptions { PerAddress = limits },
        "endpoint" => new BudgetOptions { PerEndpoint = new Dictionary<string, ConnectionLimits> { ["a"] = limits } },
        _ => new BudgetOptions { PerPrincipal = limits },
    };

    // Who is "a" is so in every way.
    private static TestClient Of(LimitCase broker, string clientId, string who) => broker.Ask(clientId, who, endpoint: who, address: who == "a" ? "192.0.2.1" : "192.0.2.2");

    private static void Welcome(TestClient client) => Assert.Equal(ReasonCode.Success, client.Expect<ServerPacket.ConnAck>().ReasonCode);
}

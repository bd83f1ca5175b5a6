using Broker.Core.Limits;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Core.Tests.Limits;

/// <summary>Publications and bytes a second: past the rate reading pauses, and nothing is dropped.</summary>
public sealed class RateTests
{
    public static TheoryData<string> Scopes => ["client", "principal", "address", "endpoint", "tenant"];

    [Theory]
    [MemberData(nameof(Scopes))]
    public void Reading_pauses_past_the_rate_and_goes_on_when_it_is_paid_for(string scope)
    {
        using var broker = new LimitCase(Bounds(scope, new TenantLimits { MessageRate = 5 }));
        TestClient subscriber = broker.Connect("s", "other", endpoint: scope == "tenant" ? "E" : "F", address: "192.0.2.9");
        subscriber.Subscribe("t");
        TestClient publisher = broker.Connect("p", "u", endpoint: "E", address: "192.0.2.1");

        publisher.Send([.. Enumerable.Repeat(LimitCase.Publish("t"), 5)]);
        Assert.False(publisher.IsPaused); // at the rate
        publisher.Send(LimitCase.Publish("t"));
        Assert.True(publisher.IsPaused); // above it
        publisher.Send(LimitCase.Publish("t"));
        Assert.Equal(6, subscriber.All().Count);

        broker.Broker.Advance(TimeSpan.FromMilliseconds(300));

        Assert.Single(subscriber.All());
        broker.Broker.Advance(TimeSpan.FromSeconds(3));
        Assert.False(publisher.IsPaused);
        Assert.True(broker.Reached(scope, BudgetItem.MessageRate) > 0);
        Assert.Single(broker.Limits, limit => limit.Contains("MessageRate", StringComparison.Ordinal)); // once, not for each pause
        Assert.Equal(0, broker.Broker.Broker.Context.Metrics.MessagesDropped);
    }

    [Theory]
    [InlineData(2_000, false)]
    [InlineData(2_048, false)]
    [InlineData(2_049, true)]
    public void Bytes_are_counted_as_they_are_read(int bytes, bool isPaused)
    {
        using var broker = new LimitCase(new BudgetOptions { PerClient = new RateLimits { ByteRate = 2_048 } });
        TestClient client = broker.Connect("p");
        broker.Broker.Advance(TimeSpan.FromSeconds(1)); // its CONNECT is paid for
        int around = LimitCase.Publish("t", bytes).Length - bytes;

        client.Send(LimitCase.Publish("t", bytes - around));

        Assert.Equal(isPaused, client.IsPaused);
    }

    [Fact]
    public void A_principal_s_clients_share_its_rate_and_another_principal_has_its_own()
    {
        using var broker = new LimitCase(new BudgetOptions { PerPrincipal = new PrincipalLimits { MessageRate = 5 } });
        TestClient first = broker.Connect("1", "a");
        TestClient second = broker.Connect("2", "a");
        TestClient other = broker.Connect("3", "b");

        first.Send([.. Enumerable.Repeat(LimitCase.Publish("t"), 5)]);
        second.Send(LimitCase.Publish("t"));
        other.Send(LimitCase.Publish("t"));

        Assert.True(second.IsPaused);
        Assert.False(other.IsPaused);
    }

    [Fact]
    public void Whom_the_broker_does_not_read_is_not_silent()
    {
        using var broker = new LimitCase(new BudgetOptions { PerClient = new RateLimits { MessageRate = 1 } });
        TestClient client = broker.Connect("p", options: new ConnectOptions { KeepAlive = 10 });

        client.Send([.. Enumerable.Repeat(LimitCase.Publish("t"), 60)]);
        broker.Broker.Advance(TimeSpan.FromSeconds(58));
        Assert.True(client.IsPaused);
        Assert.False(client.IsClosed);
        broker.Broker.Advance(TimeSpan.FromSeconds(20));

        Assert.True(client.IsClosed); // but afterwards it is
    }

    [Fact]
    public void A_connection_that_goes_while_it_pauses_leaves_nothing_behind()
    {
        using var broker = new LimitCase(new BudgetOptions { PerClient = new RateLimits { MessageRate = 1 } });
        TestClient client = broker.Connect("p");
        client.Send([.. Enumerable.Repeat(LimitCase.Publish("t"), 10)]);

        client.Drop();
        broker.Broker.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(0, broker.Broker.Broker.ConnectionCount);
    }

    [Fact]
    public void A_rate_that_comes_by_a_reload_holds_for_those_who_are_connected()
    {
        using var broker = new LimitCase();
        TestClient client = broker.Connect("p");
        client.Send([.. Enumerable.Repeat(LimitCase.Publish("t"), 10)]);
        Assert.False(client.IsPaused);

        broker.Broker.Broker.Use(new BrokerLimits(), new BudgetOptions { PerClient = new RateLimits { MessageRate = 5 } });
        client.Send([.. Enumerable.Repeat(LimitCase.Publish("t"), 6)]);

        Assert.True(client.IsPaused);
        broker.Broker.Broker.Use(new BrokerLimits(), new BudgetOptions());
        broker.Broker.Advance(TimeSpan.FromSeconds(1));
        client.Send([.. Enumerable.Repeat(LimitCase.Publish("t"), 100)]);
        Assert.False(client.IsPaused);
    }

    private static BudgetOptions Bounds(string scope, TenantLimits limits) => scope switch
    {
        "client" => new BudgetOptions { PerClient = limits },
        "principal" => new BudgetOptions { PerPrincipal = limits },
        "address" => new BudgetOptions { PerAddress = limits },
        "endpoint" => new BudgetOptions { PerEndpoint = new Dictionary<string, ConnectionLimits> { ["E"] = limits } },
        _ => new BudgetOptions { Tenants = [new TenantOptions("acme") { Endpoints = ["E"], Limits = limits }] },
    };
}

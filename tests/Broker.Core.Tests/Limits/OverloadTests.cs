using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Broker.Core.Tests.Limits;

/// <summary>What the broker does without when it has too much to do, and that it comes back by itself.</summary>
public sealed class OverloadTests : IDisposable
{
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(1);

    private readonly LimitCase _broker = new(
        new BudgetOptions { Privileged = new PrivilegedOptions { Endpoints = ["Admin"] } },
        new BrokerLimits { MemoryBytes = 1_000, OverloadLag = TimeSpan.FromSeconds(1) },
        sysInterval: TimeSpan.FromSeconds(1));

    public void Dispose() => _broker.Dispose();

    [Theory]
    [InlineData(849, OverloadLevel.None)]
    [InlineData(850, OverloadLevel.Soft)]
    [InlineData(949, OverloadLevel.Soft)]
    [InlineData(950, OverloadLevel.Hard)]
    public void Memory_decides_at_85_and_95_percent(long bytes, OverloadLevel level)
    {
        Look(bytes);

        Assert.Equal(level, _broker.Broker.Broker.Overload);
    }

    [Fact]
    public void Lag_decides_when_it_is_too_long_three_times_running()
    {
        Look(0, TimeSpan.FromMilliseconds(1_000));
        Look(0, TimeSpan.FromMilliseconds(1_000));
        Look(0, TimeSpan.FromMilliseconds(999));
        Look(0, TimeSpan.FromMilliseconds(1_000));
        Look(0, TimeSpan.FromMilliseconds(1_000));
        Assert.Equal(OverloadLevel.None, _broker.Broker.Broker.Overload);

        Look(0, TimeSpan.FromMilliseconds(1_000));
        Assert.Equal(OverloadLevel.Soft, _broker.Broker.Broker.Overload);
        Look(0, TimeSpan.FromMilliseconds(5_000));
        Assert.Equal(OverloadLevel.Hard, _broker.Broker.Broker.Overload);
    }

    [Fact]
    public void At_soft_new_connections_are_refused_and_those_that_are_there_live_on()
    {
        TestClient before = _broker.Connect("before");
        TestClient watcher = _broker.Connect("watcher");
        watcher.Subscribe("$SYS/broker/uptime");
        watcher.All();

        Look(900);
        watcher.All();
        Look(900);

        Assert.Equal(ReasonCode.QuotaExceeded, _broker.Ask("new").Expect<ServerPacket.ConnAck>().ReasonCode);
        _broker.Connect("operator", endpoint: "Admin");
        before.Send(ClientPackets.PingReq());
        before.Expect<ServerPacket.PingResp>();
        Assert.Empty(watcher.All()); // $SYS stands still
        Assert.True(_broker.Broker.Broker.Refuses("Http"));
        Assert.False(_broker.Broker.Broker.Refuses("Admin"));
    }

    [Fact]
    public void A_privileged_user_is_let_in_through_every_endpoint_and_strangers_that_say_nothing_hold_it_up_within_a_bound()
    {
        using var broker = new LimitCase(
            new BudgetOptions { Privileged = new PrivilegedOptions { Users = ["op-*"] } },
            new BrokerLimits { MemoryBytes = 1_000, ConnectTimeout = TimeSpan.FromSeconds(5) })
        {
            Load = new Load(950, TimeSpan.Zero),
        };
        broker.Broker.Advance(_look + _look);
        Assert.Equal(OverloadLevel.Hard, broker.Broker.Broker.Overload);

        Assert.Equal(ReasonCode.QuotaExceeded, broker.Ask("stranger", "somebody").Expect<ServerPacket.ConnAck>().ReasonCode);
        for (int i = 0; i < 40; i++) broker.Connect($"op-{i}", "op-1"); // who is let in leaves the line
        Assert.False(broker.Broker.Broker.RefusesUnheard("Test"));
        Assert.True(broker.Broker.Broker.Refuses("Test"));

        for (int i = 0; i < 16; i++) broker.Broker.Open();
        Assert.True(broker.Broker.Open().IsClosed);
        broker.Broker.Advance(TimeSpan.FromSeconds(6)); // they said nothing in time
        broker.Connect("op-late", "op-1");
    }

    [Fact]
    public void At_hard_QoS_0_is_dropped_and_QoS_1_is_not()
    {
        TestClient client = _broker.Connect("c");
        client.Subscribe("t", QualityOfService.AtLeastOnce);
        Look(950);

        client.Send(LimitCase.Publish("t"));
        client.ExpectNothing();
        client.Send(LimitCase.Publish("t", qos: QualityOfService.AtLeastOnce));

        Assert.Single(client.All().OfType<ServerPacket.Publish>());
        Assert.Equal(1, _broker.Broker.Broker.Context.Metrics.ShedMessages);
    }

    [Fact]
    public void It_is_undone_a_step_at_a_time_once_it_is_clearly_better()
    {
        Look(950);
        for (int i = 0; i < 20; i++) Look(870); // below where it began, not clearly
        Assert.Equal(OverloadLevel.Hard, _broker.Broker.Broker.Overload);

        for (int i = 0; i < 4; i++) Look(700);
        Assert.Equal(OverloadLevel.Hard, _broker.Broker.Broker.Overload);
        Look(700);
        Assert.Equal(OverloadLevel.Soft, _broker.Broker.Broker.Overload);
        for (int i = 0; i < 5; i++) Look(700);

        Assert.Equal(OverloadLevel.None, _broker.Broker.Broker.Overload);
        _broker.Connect("welcome");
    }

    [Fact]
    public void Every_step_is_logged_counted_and_told_to_the_audit()
    {
        Look(950);
        for (int i = 0; i < 10; i++) Look(0);

        Assert.Equal(3, _broker.Limits.Count(limit => limit.StartsWith("Overload: ", StringComparison.Ordinal)));
        Assert.Single(_broker.Broker.Log, entry => entry.Level == LogLevel.Warning && entry.Text.Contains("overloaded: Hard", StringComparison.Ordinal));
        Assert.Equal(2, _broker.Broker.Log.Count(entry => entry.Text.Contains("The overload eases", StringComparison.Ordinal)));
        Assert.Equal(1, _broker.Broker.Broker.Context.Metrics.OverloadedTo(OverloadLevel.Hard));
    }

    [Fact]
    public void Without_a_budget_memory_never_counts()
    {
        using var broker = new LimitCase { Load = new Load(long.MaxValue, TimeSpan.Zero) };

        broker.Broker.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(OverloadLevel.None, broker.Broker.Broker.Overload);
    }

    private void Look(long bytes, TimeSpan lag = default)
    {
        _broker.Load = new Load(bytes, lag);
        _broker.Broker.Advance(_look);
    }
}

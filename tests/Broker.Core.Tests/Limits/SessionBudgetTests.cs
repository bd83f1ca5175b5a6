using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Core.Sessions;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Core.Tests.Limits;

/// <summary>What the sessions of a principal use together, connected or not: below, at and above.</summary>
public sealed class SessionBudgetTests
{
    [Fact]
    public void One_session_more_is_refused_with_0x97()
    {
        using var broker = new LimitCase(new BudgetOptions { PerPrincipal = new PrincipalLimits { Sessions = 2 } });
        broker.Connect("1", "a", options: LimitCase.Kept).Drop(); // its session stays
        TestClient second = broker.Connect("2", "a");

        Assert.Equal(ReasonCode.QuotaExceeded, broker.Ask("3", "a").Expect<ServerPacket.ConnAck>().ReasonCode);
        broker.Connect("4", "b");
        broker.Connect("1", "a"); // its own, begun anew
        second.Disconnect();
        broker.Broker.Advance(TimeSpan.FromMilliseconds(100));

        broker.Connect("3", "a");
        Assert.Equal(1, broker.Reached("principal", BudgetItem.Sessions));
    }

    [Fact]
    public void One_subscription_more_is_refused_with_0x97_and_ended_ones_make_room()
    {
        using var broker = new LimitCase(new BudgetOptions { PerPrincipal = new PrincipalLimits { Subscriptions = 3 } });
        TestClient first = broker.Connect("1", "a");
        TestClient second = broker.Connect("2", "a");
        first.Subscribe("a");
        first.Subscribe("b");
        second.Subscribe("a");

        Assert.Equal(ReasonCode.QuotaExceeded, Code(second, "b"));
        Assert.Equal(ReasonCode.Success, Code(second, "a")); // it has that one
        Assert.Equal(ReasonCode.Success, Code(broker.Connect("3", "b"), "b"));

        first.Send(ClientPackets.Unsubscribe(ProtocolVersion.V5, 2, "a"));
        first.All();
        Assert.Equal(ReasonCode.Success, Code(second, "b"));
        Assert.Equal(ReasonCode.QuotaExceeded, Code(second, "c"));
        first.Disconnect(); // and its session is over
        broker.Broker.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(ReasonCode.Success, Code(second, "c"));
    }

    [Fact]
    public void Queues_of_a_principal_share_its_bytes_and_nobody_else_s_are_touched()
    {
        using var broker = new LimitCase(new BudgetOptions { PerPrincipal = new PrincipalLimits { QueueBytes = 2_048 } });
        TestClient first = Absent(broker, "1", "a");
        TestClient second = Absent(broker, "2", "a");
        TestClient other = Absent(broker, "3", "b");
        TestClient publisher = broker.Connect("p", "p");

        publisher.Send(LimitCase.Publish("t", 1_000, QualityOfService.AtLeastOnce));
        publisher.Send(LimitCase.Publish("t", 1_000, QualityOfService.AtLeastOnce));

        Assert.Equal(1, Received(broker, "1", "a") + Received(broker, "2", "a") - 1); // two of four had room
        Assert.Equal(2, Received(broker, "3", "b"));
        Assert.Equal(2, broker.Broker.Broker.Context.Metrics.Dropped(DeliverOutcome.QueueFull));
        Assert.True(broker.Reached("principal", BudgetItem.QueueBytes) > 0);
        Assert.True(first.IsClosed && second.IsClosed && other.IsClosed);
    }

    [Fact]
    public void Dropping_the_oldest_of_a_queue_that_has_none_ends()
    {
        using var broker = new LimitCase(
            new BudgetOptions { PerPrincipal = new PrincipalLimits { QueueBytes = 2_048 } }, new BrokerLimits { Overflow = OverflowPolicy.DropOldest });
        Absent(broker, "1", "a", "x");
        Absent(broker, "2", "a", "y");
        TestClient publisher = broker.Connect("p", "p");
        publisher.Send(LimitCase.Publish("x", 1_900, QualityOfService.AtLeastOnce));

        publisher.Send(LimitCase.Publish("y", 1_900, QualityOfService.AtLeastOnce)); // all is the other's

        Assert.Equal((1, 0), (Received(broker, "1", "a"), Received(broker, "2", "a")));
    }

    [Fact]
    public void What_sessions_have_counts_when_a_reload_bounds_it()
    {
        using var broker = new LimitCase();
        TestClient client = broker.Connect("1", "a");
        client.Subscribe("a");
        client.Subscribe("b");

        broker.Broker.Broker.Use(new BrokerLimits(), new BudgetOptions { PerPrincipal = new PrincipalLimits { Subscriptions = 2, Sessions = 1 } });

        Assert.Equal(ReasonCode.QuotaExceeded, Code(client, "c"));
        Assert.Equal(ReasonCode.QuotaExceeded, broker.Ask("2", "a").Expect<ServerPacket.ConnAck>().ReasonCode);
    }

    private static TestClient Absent(LimitCase broker, string clientId, string user, string filter = "t")
    {
        TestClient client = broker.Connect(clientId, user, options: LimitCase.Kept);
        client.Subscribe(filter, QualityOfService.AtLeastOnce);
        client.Drop();
        return client;
    }

    private static int Received(LimitCase broker, string clientId, string user) =>
        broker.Connect(clientId, user, options: LimitCase.Kept).All().OfType<ServerPacket.Publish>().Count();

    private static ReasonCode Code(TestClient client, string filter)
    {
        client.All();
        client.Send(ClientPackets.Subscribe(client.Version, 9, filter));
        return client.Expect<ServerPacket.SubAck>().ReasonCodes[0];
    }
}

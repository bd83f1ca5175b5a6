using System.Runtime.CompilerServices;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>100,000 subscriptions of 1,000 connections: they work, and their memory comes back.</summary>
public sealed class ManySubscriptionsTests
{
    private const int Clients = 1_000;
    private const int FiltersEach = 100;

    [Fact]
    public void A_hundred_thousand_subscriptions_work_and_their_memory_comes_back()
    {
        using var broker = new TestBroker(new() { OfflinePresence = 0 });
        RunRound(broker); // pools and tables grow once
        long before = GC.GetTotalMemory(forceFullCollection: true);

        RunRound(broker);

        long after = GC.GetTotalMemory(forceFullCollection: true);
        Assert.Equal(0, broker.Broker.Context.Subscriptions.Count);
        Assert.Equal(broker.Broker.Context.Retained.Count, broker.Broker.Context.Messages.Live);
        Assert.True(after - before < 4_000_000, $"{after - before:N0} bytes did not come back");
    }

    [Fact]
    public void A_remembered_match_does_not_keep_ended_sessions_alive()
    {
        using var broker = new TestBroker();

        WeakReference session = SubscribeAndGo(broker);
        broker.Connect("p").Publish("other", "x");

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(session.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference SubscribeAndGo(TestBroker broker)
    {
        TestClient client = broker.Connect("c");
        client.SubscribeTo("a");
        broker.Connect("p").Publish("a", "x");
        Assert.Single(client.Messages());
        var session = new WeakReference(Assert.Single(broker.Broker.Context.Subscriptions.Match("a"u8).Individuals).Session);
        client.Disconnect();
        return session;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunRound(TestBroker broker)
    {
        using var clients = new Crowd(broker);
        Assert.Equal(Clients * FiltersEach, broker.Broker.Context.Subscriptions.Count);
        TestClient publisher = broker.Connect("publisher");
        for (int i = 0; i < Clients; i += 97)
        {
            publisher.Publish($"room/{i}/7", "x");
            publisher.Publish("all/7", $"{i}");
            clients.ExpectFor(i);
        }

        publisher.Drop();
    }

    private sealed class Crowd : IDisposable
    {
        private readonly List<TestClient> _clients = [];

        public Crowd(TestBroker broker)
        {
            for (int i = 0; i < Clients; i++)
            {
                TestClient client = broker.Connect($"client {i}", i % 2 == 0 ? ProtocolVersion.V5 : ProtocolVersion.V311);
                SubscribeFilter[] filters =
                [
                    new("all/+"), new($"$share/g/room/{i}/+"),
                    .. Enumerable.Range(0, FiltersEach - 2).Select(f => new SubscribeFilter(f % 3 == 0 ? $"room/{i}/{f}/+" : $"room/{i}/{f}/x")),
                ];
                client.SubscribeTo(filters);
                _clients.Add(client);
            }
        }

        public void ExpectFor(int index)
        {
            for (int i = 0; i < Clients; i++)
            {
                List<ServerPacket.Publish> messages = _clients[i].Messages();
                Assert.Equal(i == index ? 2 : 1, messages.Count);
            }
        }

        public void Dispose()
        {
            foreach (TestClient client in _clients) client.Drop();
        }
    }
}

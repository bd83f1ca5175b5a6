using System.Runtime.CompilerServices;
using System.Text;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>What subscriptions hold in memory: of 1,000 connections with 100,000 of them, of churn, and of what a hostile client asks for.</summary>
[Collection(MeasuredAlone.Name)]
public sealed class SubscriptionMemoryTests
{
    private const int Clients = 1_000;
    private const int FiltersEach = 100;

    [Fact]
    public void A_hundred_thousand_subscriptions_work_and_their_memory_comes_back()
    {
        using var broker = new TestBroker(new() { OfflinePresence = 0 });
        RunRound(broker); // pools and tables grow once
        long before = GC.GetTotalMemory(forceFullCollection: true);

        long peak = RunRound(broker);

        long after = GC.GetTotalMemory(forceFullCollection: true);
        Assert.Equal(0, broker.Broker.Context.Subscriptions.Count);
        Assert.Equal(broker.Broker.Context.Retained.Count, broker.CountMessages());
        Assert.True(peak - before < Clients * FiltersEach * 500L, $"{peak - before:N0} bytes for {Clients * FiltersEach} subscriptions");
        Assert.True(after - before < (peak - before) / 2, $"{after - before:N0} of {peak - before:N0} bytes did not come back"); // the rest is the test's: it keeps its clients
    }

    [Fact]
    public void Remembered_matches_do_not_keep_removed_subscriptions_alive()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");

        List<WeakReference> subscriptions = SubscribeAndUnsubscribe(broker, client, 5_000);

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.True(subscriptions.Count(s => s.IsAlive) <= 1_100);
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Asking_for_everything_in_a_loop_without_reading_holds_one_replay(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("p", version);
        for (int i = 0; i < 20_000; i++) publisher.Publish($"t/{i}", "x", retain: true);
        TestClient client = broker.Connect("c", version);
        client.Stall();
        byte[] subscribe = ClientPackets.Subscribe(version, 1, "#");
        client.Send(subscribe);
        long before = GC.GetTotalMemory(forceFullCollection: true);

        for (int i = 0; i < 2_000; i++) client.Send(subscribe);

        long held = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(held < 4_000_000, $"{held:N0} bytes are held for 2,000 SUBSCRIBE packets");
        client.Unstall();
        Assert.Equal(20_000, client.All().OfType<ServerPacket.Publish>().Select(m => m.Topic).Distinct().Count());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void One_packet_of_a_thousand_filters_does_not_hold_everything_a_thousand_times(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("p", version);
        for (int i = 0; i < 10_000; i++) publisher.Publish($"a/b/c/d/e/f/g/h/i/{i}", "x", retain: true);
        TestClient client = broker.Connect("c", version);
        client.Stall();
        SubscribeFilter[] filters =
            [.. Enumerable.Range(0, 500).Select(i => new SubscribeFilter(string.Join('/', "abcdefghi".Select((c, l) => (i >> l & 1) == 0 ? $"{c}" : "+")) + "/+"))];
        long before = GC.GetTotalMemory(forceFullCollection: true);

        client.Send(ClientPackets.Subscribe(version, 1, filters));

        long held = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(held < 4_000_000, $"{held:N0} bytes are held for one SUBSCRIBE packet");
        client.Drop();
        Assert.Equal(broker.Broker.Context.Retained.Count, broker.CountMessages());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Subscribing_and_unsubscribing_without_end_leaves_nothing_behind(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c", version);
        void Churn(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                string[] filters = [$"a/{i}/+", $"$share/g{i}/b/{i}", $"c/{i}/#"];
                client.SubscribeTo([.. filters.Select(f => new SubscribeFilter(f, QualityOfService.AtLeastOnce))]);
                client.Send(ClientPackets.Publish(version, $"b/{i}", "x"));
                Assert.Single(client.Messages());
                client.UnsubscribeFrom(filters);
            }
        }

        Churn(1_000);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Churn(5_000);

        long held = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.Equal(0, broker.Broker.Context.Subscriptions.Count);
        Assert.True(held < 6_000_000, $"{held:N0} bytes are held after 15,000 subscriptions came and went");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static List<WeakReference> SubscribeAndUnsubscribe(TestBroker broker, TestClient client, int count)
    {
        List<WeakReference> subscriptions = [];
        for (int i = 0; i < count; i++)
        {
            client.SubscribeTo($"t/{i}");
            client.Publish($"t/{i}", "x");
            Assert.Single(client.Messages());
            subscriptions.Add(new WeakReference(Assert.Single(broker.Broker.Context.Subscriptions.Match(Encoding.UTF8.GetBytes($"t/{i}")).Individuals.ToArray())));
            client.UnsubscribeFrom($"t/{i}");
        }

        return subscriptions;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long RunRound(TestBroker broker)
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
        return GC.GetTotalMemory(forceFullCollection: true);
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

using System.Diagnostics;
using System.Globalization;
using System.Text;
using Broker.Core;
using Broker.Core.Primitives;
using Broker.Core.Topics;

namespace Broker.Benchmarks;

/// <summary>
/// What filters cost when there are many: the rate of SUBSCRIBE packets, the bytes of a filter, the time to match a topic, and the time to
/// route a publication, each among 1,000 and among 1,000,000 filters of 1,000 connections. A fifth of the filters has a '+'.
/// </summary>
internal static class FilterFigures
{
    private const int Clients = 1_000;
    private const int Topics = 512; // matched in turn, so that it is not one topic's cache lines that are measured
    private const int Rounds = 2_000;

    public static int Run()
    {
        Console.WriteLine("filters      SUBSCRIBE/s  bytes a filter  match, ns  route to 1, ns");
        foreach (int filters in (int[])[1_000, 100_000, 1_000_000]) Measure(filters);
        return 0;
    }

    private static void Measure(int filters)
    {
        using var broker = new MqttBroker(new MqttBrokerOptions { SysInterval = TimeSpan.Zero }, new BrokerParts());
        using var output = new OutputBuffer(OutputBuffer.TargetBytes);
        Loopback[] clients = [.. Enumerable.Range(0, Clients).Select(i => new Loopback(broker, $"client-{i}", output: output))];
        byte[][] packets = [.. Enumerable.Range(0, filters).Select(i => Packets.Subscribe(Filter(i), 0))];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < filters; i++) clients[i % Clients].Send(packets[i]);
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        double bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)filters;

        double match = MatchNanoseconds(filters);
        byte[] publications = [.. Enumerable.Range(0, Topics).SelectMany(i => Packets.Publish(Topic(Nth(i, filters)), 64, 0))];
        var publisher = new Loopback(broker, "publisher", output: output);
        double route = Fastest.Of(() => publisher.Send(publications), Rounds / 10) / Topics;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{filters,9:N0} {filters / took.TotalSeconds,14:N0} {bytes,15:F0} {match,10:F0} {route,15:F0}"));
        GC.KeepAlive(packets);
        GC.KeepAlive(clients);
    }

    private static double MatchNanoseconds(int filters)
    {
        var tree = new SubscriptionTree<Entry>(42);
        for (int i = 0; i < filters; i++) tree.Add(new Entry(Encoding.UTF8.GetBytes(Filter(i))));
        byte[][] topics = [.. Enumerable.Range(0, Topics).Select(i => Encoding.UTF8.GetBytes(Topic(Nth(i, filters))))];
        var matches = new Matches<Entry>();
        return Fastest.Of(Match, Rounds) / Topics;

        void Match()
        {
            foreach (byte[] topic in topics)
            {
                matches.Clear();
                tree.Match(topic, matches);
            }
        }
    }

    /// <summary>The filters that are matched lie all over the tree.</summary>
    private static int Nth(int i, int filters) => (int)((long)i * 7_919 % filters);

    private static string Filter(int i) => i % 5 == 0 ? $"plant/{i % 100}/+/sensor-{i}/temp" : Topic(i);

    private static string Topic(int i) => $"plant/{i % 100}/line/sensor-{i}/temp";

    private sealed class Entry(byte[] path) : TreeEntry
    {
        public override ReadOnlySpan<byte> Path => path;
    }
}

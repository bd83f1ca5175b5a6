using System.Text;
using BenchmarkDotNet.Attributes;
using Broker.Core.Topics;

namespace Broker.Benchmarks;

/// <summary>Matching one topic among many unrelated filters: the time must not depend on how many there are.</summary>
[MemoryDiagnoser]
public class TreeBenchmarks
{
    private readonly SubscriptionTree<Entry> _tree = new(42);
    private readonly Matches<Entry> _matches = new();
    private byte[] _topic = [];

    [Params(1_000, 100_000, 1_000_000)]
    public int Filters { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        for (int i = 0; i < Filters; i++)
        {
            string filter = i % 5 == 0 ? $"plant/{i % 100}/+/sensor-{i}/temp" : $"plant/{i % 100}/line/sensor-{i}/temp";
            _tree.Add(new Entry(Encoding.UTF8.GetBytes(filter)));
        }

        _topic = Encoding.UTF8.GetBytes("plant/7/line/sensor-107/temp");
    }

    [Benchmark]
    public int Match()
    {
        _matches.Clear();
        _tree.Match(_topic, _matches);
        return _matches.Count;
    }

    private sealed class Entry(byte[] path) : TreeEntry
    {
        public override ReadOnlySpan<byte> Path => path;
    }
}

using System.Collections.Concurrent;

namespace Broker.Client.Tests.Harness;

/// <summary>What was published and what arrived, judged at the end: nothing that was acknowledged is lost, QoS 2 arrives once, order is kept.</summary>
internal sealed class History
{
    private readonly ConcurrentDictionary<int, bool> _acknowledged = new();
    private readonly List<int> _arrived = [];

    private int _furthest = -1;

    /// <summary>The largest number that has arrived.</summary>
    public int Furthest => Volatile.Read(ref _furthest);

    public int Acknowledged => _acknowledged.Count;

    public void Acknowledge(int number) => Assert.True(_acknowledged.TryAdd(number, true));

    public void Arrive(int number)
    {
        lock (_arrived)
        {
            _arrived.Add(number);
            if (number > _furthest) Volatile.Write(ref _furthest, number);
        }
    }

    /// <summary>Judges.</summary>
    /// <param name="once">Whether nothing may have come twice.</param>
    /// <param name="ordered">Whether the first arrivals have to be in order.</param>
    public void Check(bool once, bool ordered = true)
    {
        lock (_arrived)
        {
            var arrived = new HashSet<int>();
            List<int> first = [];
            foreach (int number in _arrived)
            {
                if (arrived.Add(number)) first.Add(number);
                else Assert.False(once, $"{number} came twice");
            }

            Assert.Equal([], [.. _acknowledged.Keys.Except(arrived)]);
            if (ordered) Assert.Equal(first.Order(), first);
        }
    }
}

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

    /// <summary>Judges, and fails the test.</summary>
    /// <param name="once">Whether nothing may have come twice.</param>
    public void Check(bool once)
    {
        Verdict verdict = Judge();
        Assert.Equal([], verdict.Lost);
        Assert.Equal([], verdict.Disordered);
        if (once) Assert.Equal([], verdict.Doubled);
    }

    /// <summary>Judges.</summary>
    public Verdict Judge()
    {
        lock (_arrived)
        {
            var arrived = new HashSet<int>();
            List<int> doubled = [];
            List<int> disordered = [];
            int furthest = -1;
            foreach (int number in _arrived)
            {
                if (!arrived.Add(number))
                {
                    doubled.Add(number);
                    continue;
                }

                if (number < furthest) disordered.Add(number); // its first arrival, after a later one's
                furthest = Math.Max(furthest, number);
            }

            return new Verdict([.. _acknowledged.Keys.Except(arrived).Order()], doubled, disordered);
        }
    }

    /// <summary>The numbers that broke a promise.</summary>
    /// <param name="Lost">Acknowledged, and never here.</param>
    /// <param name="Doubled">Here more than once.</param>
    /// <param name="Disordered">Here for the first time after a later one.</param>
    internal sealed record Verdict(IReadOnlyList<int> Lost, IReadOnlyList<int> Doubled, IReadOnlyList<int> Disordered);
}

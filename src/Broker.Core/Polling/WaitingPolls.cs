using Broker.Core.Limits;

namespace Broker.Core.Polling;

/// <summary>Counts those who wait, within a bound; closed, nobody waits any more.</summary>
/// <remarks>Threading: any thread.</remarks>
internal sealed class WaitingPolls(LimitsInForce limits)
{
    private int _count;
    private volatile bool _isClosed;

    /// <summary>How many wait.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Whether the broker stops.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>One more; false if there are too many.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) <= limits.Current.WaitingPolls) return true;
        Interlocked.Decrement(ref _count);
        return false;
    }

    /// <summary>One less.</summary>
    public void Leave() => Interlocked.Decrement(ref _count);

    /// <summary>The broker stops.</summary>
    public void Close() => _isClosed = true;
}

namespace Broker.Core.Limits;

/// <summary>
/// A rate with a burst of one second's worth, as one number: until when everything that was taken is paid for. What was taken already
/// is charged in full, so the average over any longer time is the rate, whatever comes at once.
/// </summary>
/// <remarks>Threading: any thread; a mutable struct, used in place.</remarks>
internal struct TokenBucket
{
    private const long Second = 1_000_000_000;
    private const long Millisecond = 1_000_000;
    private const long LongestDebt = 3_600 * Second;

    private long _paidUntil; // nanoseconds of the broker's clock

    /// <summary>Takes one if there is one.</summary>
    public bool TryTake(long perSecond, long nowMs) => Take(1, perSecond, nowMs, mayOwe: false) == 0;

    /// <summary>Charges what was used already; returns for how many milliseconds nothing more should be used.</summary>
    public long Charge(long amount, long perSecond, long nowMs) => Take(amount, perSecond, nowMs, mayOwe: true);

    /// <summary>Whether nothing is owed: it is as good as new.</summary>
    public readonly bool IsFull(long nowMs) => _paidUntil <= nowMs * Millisecond;

    private long Take(long amount, long perSecond, long nowMs, bool mayOwe)
    {
        long now = nowMs * Millisecond;
        long cost = amount >= long.MaxValue / Second ? LongestDebt : Math.Min(amount * Second / perSecond, LongestDebt);
        while (true)
        {
            long before = Volatile.Read(ref _paidUntil);
            long after = Math.Min(Math.Max(before, now) + cost, now + LongestDebt);
            long debt = after - now - Second;
            if (debt > 0 && !mayOwe) return Wait(debt);
            if (Interlocked.CompareExchange(ref _paidUntil, after, before) == before) return debt > 0 ? Wait(debt) : 0;
        }
    }

    private static long Wait(long debt) => (debt + Millisecond - 1) / Millisecond;
}

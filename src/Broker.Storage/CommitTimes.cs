namespace Broker.Storage;

/// <summary>How long the last commits took, and how many there were.</summary>
/// <remarks>Threading: one thread adds, any reads.</remarks>
public sealed class CommitTimes
{
    private const int Kept = 1_024;

    private readonly long[] _microseconds = new long[Kept];
    private long _count;
    private long _synced;
    private long _bytes;

    /// <summary>Commits.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Commits that were synced.</summary>
    public long Synced => Volatile.Read(ref _synced);

    /// <summary>Bytes of records of all commits.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Counts one.</summary>
    public void Add(TimeSpan time, int bytes, bool synced)
    {
        _microseconds[_count % Kept] = (long)time.TotalMicroseconds;
        Volatile.Write(ref _bytes, _bytes + bytes);
        if (synced) Volatile.Write(ref _synced, _synced + 1);
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>The time in which this part (0 to 1) of the last commits was complete; zero before the first.</summary>
    public TimeSpan Quantile(double part)
    {
        int count = (int)Math.Min(Count, Kept);
        if (count == 0) return TimeSpan.Zero;
        long[] sorted = [.. _microseconds.Take(count).Order()];
        return TimeSpan.FromMicroseconds(sorted[Math.Min(count - 1, (int)(part * count))]);
    }
}

using System.Diagnostics;

namespace Broker.Storage;

/// <summary>Whether the disk has the room that has to stay free on it.</summary>
/// <remarks>Threading: the writing thread looks, any thread asks. Owner: the store.</remarks>
internal sealed class DiskRoom(GroupCommitOptions options, ICommitLog log)
{
    /// <summary>How often it is looked at.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private const int Parts = 8; // a fast writer fills what has to stay free within less than the interval
    private const int LastPart = 4;

    private long _lookedAt;
    private long _written;
    private long _left = long.MaxValue;
    private volatile bool _isFull;

    /// <summary>Whether publications have to be refused.</summary>
    public bool IsFull => _isFull;

    /// <summary>Whether it is time to look again.</summary>
    public bool IsDue => Stopwatch.GetElapsedTime(_lookedAt) > Interval;

    /// <summary>Whether there is room for so many bytes more, of what has to stay free as well.</summary>
    public bool Has(long bytes) => options.MinFree is not { } least || Volatile.Read(ref _left) - bytes >= least / LastPart;

    /// <summary>Notes what was written, and looks if it is time to.</summary>
    public void Wrote(int bytes)
    {
        _written += bytes;
        if (IsDue || _written > options.MinFree / Parts) Look();
    }

    /// <summary>Looks. What the log would use again counts as free, but not for all of it: the write-ahead log needs room of its own.</summary>
    public void Look()
    {
        _lookedAt = Stopwatch.GetTimestamp();
        _written = 0;
        if (options.MinFree is not { } least) return;
        long free = options.Free();
        long left = free > long.MaxValue / 2 ? free : free + log.ReusableBytes;
        Volatile.Write(ref _left, left);
        _isFull = left < least || free < least / LastPart;
    }
}

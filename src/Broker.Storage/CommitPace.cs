namespace Broker.Storage;

/// <summary>
/// How long a commit stays open once somebody waits for it. Publishers that wait for their acknowledgements publish again as soon
/// as they have them; a commit closed at the first of them leaves the others to the next one, and each commit takes a sync.
/// </summary>
/// <remarks>
/// It expects as many as were on their way when the last commit was complete, and waits for most of them, but never longer than
/// the last syncs took, or a millisecond if they took less. Where that does not work out (they come when they like, or have a long
/// way), it tries less and less often. One who publishes alone never waits. Threading: under the gate of the store. Owner: the store.
/// </remarks>
internal sealed class CommitPace(TimeProvider time)
{
    private const int Most = 9; // of ten: one that does not come back must not hold up the others
    private const int MostSkipped = 64;
    private const int Weight = 8;
    private static readonly TimeSpan _least = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan _longest = TimeSpan.FromMilliseconds(10);

    private TimeSpan _sync;
    private long _completed;
    private int _asking; // of the commit that is open
    private int _asked; // of the one that is being written
    private int _around; // how many there are in all
    private int _expected;
    private int _skipped = 1;
    private int _skip;
    private bool _hasWaited;

    /// <summary>Whether everybody is there that it makes sense to wait for.</summary>
    public bool IsComplete => _asking >= _expected;

    /// <summary>How long to wait for the others; zero or less: no longer.</summary>
    public TimeSpan Left => IsComplete ? TimeSpan.Zero : Limit - time.GetElapsedTime(_completed);

    private TimeSpan Limit => TimeSpan.FromTicks(Math.Clamp(_sync.Ticks, _least.Ticks, _longest.Ticks));

    /// <summary>One more waits for the commit that is open.</summary>
    public void Ask() => _asking++;

    /// <summary>The commit stays open a little longer.</summary>
    public void Wait() => _hasWaited = true;

    /// <summary>The commit is closed, to be written.</summary>
    public void Close()
    {
        if (_hasWaited && IsComplete) _skipped = 1;
        if (_hasWaited && !IsComplete)
        {
            _skipped = Math.Min(2 * _skipped, MostSkipped);
            _skip = _skipped;
            _around = 0;
        }

        _hasWaited = false;
        _asked = _asking;
        _asking = 0;
        _expected = 0;
    }

    /// <summary>The commit that was being written is complete; who waited for it is told.</summary>
    /// <param name="sync">How long it took.</param>
    public void Complete(TimeSpan sync)
    {
        _sync += (sync - _sync) / Weight;
        _completed = time.GetTimestamp();
        _around = Math.Max(_asked + _asking, _around - (_around / Weight)); // some are being told, and not seen anywhere
        if (_skip > 0) _skip--;
        else _expected = _around * Most / 10;
    }
}

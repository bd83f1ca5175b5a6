using System.Diagnostics;
using Broker.Core.Storage;

namespace Broker.Storage;

/// <summary>
/// Gathers what all threads append into commits: while one is being written and synced, the next one fills, so that one sync is
/// shared by all who wait for it.
/// </summary>
/// <remarks>
/// Threading: <see cref="Append"/> from any thread, under any lock, copies into memory and returns. One thread writes; another
/// tells those who wait. A commit is closed only when no thread is inside a group, so that none is torn in two; a group that would
/// begin in that moment waits until the others have ended, which takes as long as routing one publication. A commit stays open a
/// little for those who are about to ask again (<see cref="CommitPace"/>).
/// </remarks>
public sealed class GroupCommitStore : IBrokerStore, IDisposable
{
    private const byte ReceivedRecord = 10;
    private const int LazyBytes = 1_048_576;
    private const int KeptBytes = 16_777_216;
    private static readonly TimeSpan _seededDelay = TimeSpan.FromMilliseconds(10); // long enough for a kill to fall into it

    [ThreadStatic]
    private static int _depth;

    [ThreadStatic]
    private static long _demanded;

    private readonly ICommitLog _log;
    private readonly GroupCommitOptions _options;
    private readonly CommitWaiters _waiters = new();
    private readonly CommitPace _pace;
    private readonly DiskRoom _room;
    private readonly object _gate = new();
    private readonly Thread _writer;

    // Under the gate.
    private byte[] _records = new byte[65_536];
    private byte[] _spare = new byte[65_536];
    private int _length;
    private int _writing;
    private AckLevel _demand;
    private long _since; // when the first record of this commit came
    private int _open; // threads inside a group
    private bool _closing;
    private bool _writerWaits;
    private bool _stops;
    private long _trimBefore;

    private long _gathering;
    private long _committed;
    private long _appended;
    private volatile bool _hasFailed;

    /// <summary>Takes over a log; nothing is written before <see cref="Start"/>.</summary>
    public GroupCommitStore(ICommitLog log, GroupCommitOptions options)
    {
        ArgumentNullException.ThrowIfNull(log);
        _log = log;
        _options = options;
        _pace = new CommitPace(options.Time);
        _room = new DiskRoom(options, log);
        _committed = log.LastCommit;
        _gathering = _committed + 1;
        _writer = new Thread(Write) { Name = "Store writer", IsBackground = true };
        _room.Look();
    }

    /// <summary>A write or sync failed. Called once, on the writing thread.</summary>
    public event Action<StoreException>? Failed;

    /// <inheritdoc/>
    public bool IsDurable => true;

    /// <inheritdoc/>
    public bool IsFull => State != StoreState.Open;

    /// <inheritdoc/>
    public bool HasRoomFor(long bytes) => !_hasFailed && _room.Has(bytes);

    /// <inheritdoc/>
    public bool IsBehind => Volatile.Read(ref _length) + Volatile.Read(ref _writing) > _options.WaitingBytes;

    /// <summary>Whether it takes what it is given.</summary>
    public StoreState State => _hasFailed ? StoreState.Failed : _room.IsFull ? StoreState.Full : StoreState.Open;

    /// <summary>Bytes that wait for the disk.</summary>
    public long WaitingBytes => Volatile.Read(ref _length) + (long)Volatile.Read(ref _writing);

    /// <summary>Bytes that the log takes on the disk.</summary>
    public long SizeBytes => _log.SizeBytes;

    /// <summary>How long commits took.</summary>
    public CommitTimes Times { get; } = new();

    /// <inheritdoc/>
    public long Gathering => Volatile.Read(ref _gathering);

    /// <inheritdoc/>
    public long AppendedBytes => Volatile.Read(ref _appended);

    /// <inheritdoc/>
    public StoreFigures Figures =>
        new(_options.SyncLatency, Times.Quantile(0.5), Times.Quantile(0.99), WaitingBytes, SizeBytes, State.ToString().ToLowerInvariant());

    /// <summary>Begins to write.</summary>
    public void Start() => _writer.Start();

    /// <inheritdoc/>
    public void BeginGroup()
    {
        if (_depth++ > 0) return;
        _demanded = 0;
        lock (_gate)
        {
            while (_closing) Monitor.Wait(_gate);
            _open++;
        }
    }

    /// <inheritdoc/>
    public long EndGroup()
    {
        if (--_depth > 0) return _demanded;
        lock (_gate)
        {
            _open--;
            if (_demanded != 0) _pace.Ask();
            bool isAwaited = _open == 0 && (_closing || (_writerWaits && IsDemanded));
            if (isAwaited) Monitor.PulseAll(_gate);
        }

        return _demanded;
    }

    /// <inheritdoc/>
    public long Append(ReadOnlySpan<byte> records, AckLevel level)
    {
        if (_options.ForgetsPacketIds && records[0] == ReceivedRecord) return _gathering;
        long commit;
        lock (_gate)
        {
            bool isFirst = _length == 0;
            if (_records.Length - _length < records.Length) Array.Resize(ref _records, Math.Max(2 * _records.Length, _length + records.Length));
            records.CopyTo(_records.AsSpan(_length));
            _length += records.Length;
            _appended += records.Length;
            if (level > _demand) _demand = level;
            if (isFirst) _since = Stopwatch.GetTimestamp();
            commit = _gathering;
            if (level > AckLevel.Memory && _depth == 0) _pace.Ask();
            bool mustWake = _writerWaits && (isFirst || _length > LazyBytes || (level > AckLevel.Memory && _open == 0 && IsDemanded));
            if (mustWake) Monitor.PulseAll(_gate);
        }

        if (level > AckLevel.Memory) _demanded = commit;
        return commit;
    }

    /// <inheritdoc/>
    public bool IsCommitted(long commit) => commit <= Volatile.Read(ref _committed);

    /// <inheritdoc/>
    public void WhenCommitted(long commit, ICommitWaiter waiter)
    {
        ArgumentNullException.ThrowIfNull(waiter);
        lock (_gate)
        {
            if (commit == _gathering && _length == 0) commit--; // nothing is in it yet, and perhaps nothing ever comes
            if (!IsCommitted(commit))
            {
                _waiters.Add(commit, waiter);
                return;
            }
        }

        waiter.Committed();
    }

    /// <inheritdoc/>
    public void Read(Action<long, ReadOnlyMemory<byte>> commit) => _log.Read(commit);

    /// <inheritdoc/>
    public void Trim(long commit)
    {
        lock (_gate)
        {
            _trimBefore = Math.Max(_trimBefore, commit);
            if (_writerWaits) Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Writes what was appended, then stops.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stops = true;
            Monitor.PulseAll(_gate);
        }

        if (_writer.IsAlive) _writer.Join();
        _waiters.Dispose();
        if (!_hasFailed) _log.Dispose(); // closing would write and sync once more
    }

    private void Write()
    {
        try
        {
            while (Close(out byte[] records, out int length, out bool sync)) Write(records, length, sync);
        }
        catch (Exception e) // whatever it is: without this thread nothing is safe, and nothing may be acknowledged
        {
            _hasFailed = true;
            Failed?.Invoke(e as StoreException ?? new StoreException($"The store cannot go on writing: {e.Message}", e)); // and nothing is tried again: what is on the disk is not known any more
        }
    }

    private void Write(byte[] records, int length, bool sync)
    {
        if (length > 0)
        {
            long commit = _gathering - 1; // this thread alone moves it
            if (_options.AcknowledgesEarly)
            {
                Complete(commit, TimeSpan.Zero);
                Thread.Sleep(_seededDelay);
            }

            long start = Stopwatch.GetTimestamp();
            _log.Write(commit, records.AsSpan(0, length), sync);
            TimeSpan took = Stopwatch.GetElapsedTime(start);
            Times.Add(took, length, sync);
            Complete(commit, sync ? took : TimeSpan.Zero);
        }

        if (_trimBefore > 0 && !_log.Trim(_trimBefore)) Interlocked.CompareExchange(ref _trimBefore, 0, _trimBefore);
        _room.Wrote(length);
    }

    private void Complete(long commit, TimeSpan took)
    {
        lock (_gate)
        {
            _pace.Complete(took);
            Volatile.Write(ref _committed, commit);
            _writing = 0;
            _waiters.Release(commit);
        }
    }

    /// <summary>Waits for something to write and closes the commit that it is in; false when the store stops.</summary>
    private bool Close(out byte[] records, out int length, out bool sync)
    {
        lock (_gate)
        {
            while (!IsDue(out int wait))
            {
                if (_stops && _length == 0) break;
                _writerWaits = true;
                Monitor.Wait(_gate, wait);
                _writerWaits = false;
                if (_room.IsDue) break; // it is looked at with no lock held
            }

            while (_open > 0)
            {
                _closing = true;
                Monitor.Wait(_gate);
            }

            _closing = false;
            (records, length) = (_records, _length);
            sync = _demand == AckLevel.Fsync;
            if (length > 0) _gathering++;
            _records = _spare.Length > KeptBytes ? new byte[65_536] : _spare;
            _spare = records;
            _writing = length;
            _length = 0;
            _demand = AckLevel.Memory;
            _pace.Close();
            Monitor.PulseAll(_gate);
            return length > 0 || !_stops;
        }
    }

    /// <summary>Whether somebody waits for the open commit, and nobody else is about to.</summary>
    private bool IsDemanded => _demand > AckLevel.Memory && _pace.IsComplete;

    private bool IsDue(out int wait)
    {
        wait = (int)DiskRoom.Interval.TotalMilliseconds;
        if (_length == 0) return _trimBefore > 0 || _stops;
        if (_length > LazyBytes || _stops) return true;
        TimeSpan left = _demand > AckLevel.Memory ? _pace.Left : _options.LazyDelay - Stopwatch.GetElapsedTime(_since);
        if (left <= TimeSpan.Zero) return true;
        if (_demand > AckLevel.Memory) _pace.Wait();
        wait = Math.Max(1, (int)Math.Ceiling(left.TotalMilliseconds));
        return false;
    }
}

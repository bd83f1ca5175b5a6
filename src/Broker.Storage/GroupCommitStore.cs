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
/// little for those who are about to ask again (<see cref="CommitPace"/>). The gate is taken several times for each publication,
/// so it is a lock that nobody waits in for a condition; who has to wait does so at an event, and looks again under the gate.
/// </remarks>
public sealed class GroupCommitStore : IBrokerStore, IDisposable
{
    private const byte ReceivedRecord = 10;
    private const int LazyBytes = 1_048_576;
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
    private readonly Lock _gate = new();
    private readonly Thread _writer;
    private readonly ManualResetEventSlim _work = new(initialState: false, spinCount: 1); // for the writer, which waits long

    // Under the gate.
    private readonly OpenCommit _next = new();
    private readonly OpenGroups _groups = new();
    private int _writing;
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
    public bool IsBehind => WaitingBytes > _options.WaitingBytes;

    /// <summary>Whether it takes what it is given.</summary>
    public StoreState State => _hasFailed ? StoreState.Failed : _room.IsFull ? StoreState.Full : StoreState.Open;

    /// <summary>Bytes that wait for the disk.</summary>
    public long WaitingBytes => _next.Length + (long)Volatile.Read(ref _writing);

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
        while (!TryBegin()) _groups.AwaitTurn();
    }

    /// <inheritdoc/>
    public long EndGroup()
    {
        if (--_depth > 0) return _demanded;
        bool mustWake;
        lock (_gate)
        {
            _groups.End();
            if (_demanded != 0) _pace.Ask();
            mustWake = _groups.IsEmpty && (_groups.IsAwaited || (_writerWaits && IsDemanded));
        }

        if (mustWake) _work.Set();
        return _demanded;
    }

    /// <inheritdoc/>
    public long Append(ReadOnlySpan<byte> records, AckLevel level)
    {
        if (_options.ForgetsPacketIds && records[0] == ReceivedRecord) return _gathering;
        long commit;
        bool mustWake;
        lock (_gate)
        {
            bool isFirst = _next.Add(records, level);
            _appended += records.Length;
            commit = _gathering;
            if (level > AckLevel.Memory && _depth == 0) _pace.Ask();
            mustWake = _writerWaits && (isFirst || _next.Length > LazyBytes || (level > AckLevel.Memory && _groups.IsEmpty && IsDemanded));
        }

        if (mustWake) _work.Set();
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
            if (commit == _gathering && _next.Length == 0) commit--; // nothing is in it yet, and perhaps nothing ever comes
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
        lock (_gate) _trimBefore = Math.Max(_trimBefore, commit);
        _work.Set();
    }

    /// <summary>Writes what was appended, then stops.</summary>
    public void Dispose()
    {
        lock (_gate) _stops = true;
        _work.Set();
        if (_writer.IsAlive) _writer.Join();
        _waiters.Dispose();
        if (!_hasFailed) _log.Dispose(); // closing would write and sync once more
    }

    private void Write()
    {
        try
        {
            while (Close(out ReadOnlyMemory<byte> records, out bool sync)) Write(records.Span, sync);
        }
        catch (Exception e) // whatever it is: without this thread nothing is safe, and nothing may be acknowledged
        {
            _hasFailed = true;
            Failed?.Invoke(e as StoreException ?? new StoreException($"The store cannot go on writing: {e.Message}", e)); // and nothing is tried again: what is on the disk is not known any more
        }
    }

    private void Write(ReadOnlySpan<byte> records, bool sync)
    {
        if (records.Length > 0)
        {
            long commit = _gathering - 1; // this thread alone moves it
            if (_options.AcknowledgesEarly)
            {
                Complete(commit, TimeSpan.Zero);
                Thread.Sleep(_seededDelay);
            }

            long start = Stopwatch.GetTimestamp();
            _log.Write(commit, records, sync);
            TimeSpan took = Stopwatch.GetElapsedTime(start);
            Times.Add(took, records.Length, sync);
            Complete(commit, sync ? took : TimeSpan.Zero);
        }

        if (_trimBefore > 0 && !_log.Trim(_trimBefore)) Interlocked.CompareExchange(ref _trimBefore, 0, _trimBefore);
        _room.Wrote(records.Length);
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

    private bool TryBegin()
    {
        lock (_gate) return _groups.TryBegin();
    }

    /// <summary>Waits for something to write and closes the commit that it is in; false when the store stops.</summary>
    private bool Close(out ReadOnlyMemory<byte> records, out bool sync)
    {
        while (MustWait(out int milliseconds))
        {
            _work.Wait(milliseconds);
            if (_room.IsDue) break; // it is looked at with no lock held
        }

        bool goesOn;
        while (!TryTake(out records, out sync, out goesOn)) _work.Wait();
        return goesOn;
    }

    private bool MustWait(out int milliseconds)
    {
        lock (_gate)
        {
            _writerWaits = !IsDue(out milliseconds) && !(_stops && _next.Length == 0);
            if (_writerWaits) _work.Reset();
            return _writerWaits;
        }
    }

    /// <summary>Takes what is there, if nobody is inside a group; otherwise nobody begins another until this was called again.</summary>
    private bool TryTake(out ReadOnlyMemory<byte> records, out bool sync, out bool goesOn)
    {
        (records, sync, goesOn) = (default, false, true);
        lock (_gate)
        {
            _writerWaits = false;
            if (!_groups.TryClose())
            {
                _work.Reset();
                return false;
            }

            sync = _next.Demand == AckLevel.Fsync;
            records = _next.Take();
            if (records.Length > 0) _gathering++;
            _writing = records.Length;
            goesOn = records.Length > 0 || !_stops;
            _pace.Close();
            return true;
        }
    }

    /// <summary>Whether somebody waits for the open commit, and nobody else is about to.</summary>
    private bool IsDemanded => _next.Demand > AckLevel.Memory && _pace.IsComplete;

    private bool IsDue(out int wait)
    {
        wait = (int)DiskRoom.Interval.TotalMilliseconds;
        if (_next.Length == 0) return _trimBefore > 0 || _stops;
        if (_next.Length > LazyBytes || _stops) return true;
        TimeSpan left = _next.Demand > AckLevel.Memory ? _pace.Left : _options.LazyDelay - _next.Age;
        if (left <= TimeSpan.Zero) return true;
        if (_next.Demand > AckLevel.Memory) _pace.Wait();
        wait = Math.Max(1, (int)Math.Ceiling(left.TotalMilliseconds));
        return false;
    }
}

using Broker.Core.Storage;

namespace Broker.Conformance.Tests.Publish;

/// <summary>A store whose commits complete when the test says so: each group is one commit. What it was given is there again for the next broker.</summary>
internal sealed class DelayedStore : IBrokerStore
{
    private readonly List<(long Commit, ICommitWaiter Waiter)> _waiting = [];
    private readonly List<byte[]> _commits = [];
    private readonly List<byte> _gathered = [];
    private AckLevel _demand;
    private int _depth;
    private long _committed;

    /// <summary>Whether commits wait for the test; before that they are complete at once.</summary>
    public bool Holds { get; set; }

    public bool IsDurable => true;

    public bool IsFull { get; set; }

    public bool HasRoom { get; set; } = true;

    public bool HasRoomFor(long bytes) => HasRoom;

    public StoreFigures Figures => new(TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(3), TimeSpan.FromMilliseconds(4), 5, 6, IsFull ? "full" : "open");

    public bool IsBehind { get; set; }

    public long Gathering => _commits.Count + 1;

    public long AppendedBytes { get; private set; }

    /// <summary>Where the log begins, after the last checkpoint.</summary>
    public long TrimmedBefore { get; private set; }

    /// <summary>Groups that are not committed.</summary>
    public long Uncommitted => _commits.Count - _committed;

    public void BeginGroup() => _depth++;

    public long EndGroup()
    {
        bool isAwaited = _demand != AckLevel.Memory;
        if (--_depth > 0) return isAwaited ? Gathering : 0;
        Close();
        return isAwaited ? _commits.Count : 0;
    }

    public long Append(ReadOnlySpan<byte> records, AckLevel level)
    {
        _gathered.AddRange(records);
        AppendedBytes += records.Length;
        if (level > _demand) _demand = level;
        long commit = Gathering;
        if (_depth == 0) Close();
        return commit;
    }

    public bool IsCommitted(long commit) => commit <= _committed;

    public void WhenCommitted(long commit, ICommitWaiter waiter)
    {
        if (IsCommitted(commit)) waiter.Committed();
        else _waiting.Add((commit, waiter));
    }

    public void Read(Action<long, ReadOnlyMemory<byte>> commit)
    {
        for (int i = (int)Math.Max(1, TrimmedBefore); i <= _commits.Count; i++) commit(i, _commits[i - 1]);
    }

    public void Trim(long commit) => TrimmedBefore = commit;

    /// <summary>The next commits are complete.</summary>
    public void Commit(int count)
    {
        _committed = Math.Min(_commits.Count, _committed + count);
        (long Commit, ICommitWaiter Waiter)[] ready = [.. _waiting.Where(w => IsCommitted(w.Commit))];
        _waiting.RemoveAll(w => IsCommitted(w.Commit));
        foreach ((_, ICommitWaiter waiter) in ready) waiter.Committed();
    }

    /// <summary>Everything is committed.</summary>
    public void CommitAll() => Commit(int.MaxValue);

    /// <summary>What a broker finds that starts after a loss of power: the complete commits.</summary>
    public DelayedStore Crash()
    {
        var next = new DelayedStore { TrimmedBefore = TrimmedBefore, _committed = _committed };
        next._commits.AddRange(_commits.Take((int)_committed));
        return next;
    }

    private void Close()
    {
        if (_gathered.Count > 0)
        {
            _commits.Add([.. _gathered]);
            _gathered.Clear();
            _demand = AckLevel.Memory;
            if (!Holds) CommitAll();
        }
    }
}

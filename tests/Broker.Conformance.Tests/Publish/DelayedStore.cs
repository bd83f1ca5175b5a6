using Broker.Core.Messages;
using Broker.Core.Storage;

namespace Broker.Conformance.Tests.Publish;

/// <summary>A store whose commits complete when the test says so.</summary>
internal sealed class DelayedStore : IBrokerStore
{
    private readonly List<(long Commit, ICommitWaiter Waiter)> _waiting = [];
    private long _appended;
    private long _committed;

    /// <summary>Publications that were appended and are not committed.</summary>
    public long Uncommitted => _appended - _committed;

    public long Append(Message message) => ++_appended;

    public bool IsCommitted(long commit) => commit <= _committed;

    public void WhenCommitted(long commit, ICommitWaiter waiter)
    {
        if (IsCommitted(commit)) waiter.Committed();
        else _waiting.Add((commit, waiter));
    }

    /// <summary>The next commits are complete.</summary>
    public void Commit(int count)
    {
        _committed = Math.Min(_appended, _committed + count);
        (long Commit, ICommitWaiter Waiter)[] ready = [.. _waiting.Where(w => IsCommitted(w.Commit))];
        _waiting.RemoveAll(w => IsCommitted(w.Commit));
        foreach ((_, ICommitWaiter waiter) in ready) waiter.Committed();
    }

    /// <summary>Everything is committed.</summary>
    public void CommitAll() => Commit(int.MaxValue);
}

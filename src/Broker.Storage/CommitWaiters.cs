using Broker.Core.Storage;

namespace Broker.Storage;

/// <summary>Who waits for a commit. They are told on a thread of its own: the writer goes on with the next commit meanwhile.</summary>
/// <remarks>Threading: <see cref="Add"/> and <see cref="Release"/> under the gate of the store. Owner: the store.</remarks>
internal sealed class CommitWaiters : IDisposable
{
    private readonly Queue<(long Commit, ICommitWaiter Waiter)> _waiting = new();
    private readonly object _gate = new();
    private readonly Thread _teller;
    private List<ICommitWaiter> _due = [];
    private List<ICommitWaiter> _spare = [];
    private bool _stops;

    public CommitWaiters()
    {
        _teller = new Thread(Tell) { Name = "Store acknowledgements", IsBackground = true };
        _teller.Start();
    }

    /// <summary>Adds one; commits only go up, but for one that is being written while the next is gathered.</summary>
    public void Add(long commit, ICommitWaiter waiter) => _waiting.Enqueue((commit, waiter));

    /// <summary>A commit and all before it are complete.</summary>
    public void Release(long commit)
    {
        if (_waiting.Count == 0) return;
        lock (_gate)
        {
            for (int left = _waiting.Count; left > 0; left--)
            {
                (long Commit, ICommitWaiter Waiter) first = _waiting.Dequeue();
                if (first.Commit <= commit) _due.Add(first.Waiter);
                else _waiting.Enqueue(first);
            }

            Monitor.Pulse(_gate);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _stops = true;
            Monitor.Pulse(_gate);
        }

        _teller.Join();
    }

    private void Tell()
    {
        while (true)
        {
            List<ICommitWaiter> due;
            lock (_gate)
            {
                while (_due.Count == 0 && !_stops) Monitor.Wait(_gate);
                if (_due.Count == 0) return;
                due = _due;
                _due = _spare;
                _spare = due;
            }

            foreach (ICommitWaiter waiter in due) waiter.Committed();
            due.Clear();
        }
    }
}

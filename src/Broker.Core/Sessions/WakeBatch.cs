namespace Broker.Core.Sessions;

/// <summary>
/// The connections that got something to send while one read was handled: each is woken once, when the read is done, so that
/// many messages leave in one write. A transport that handles many reads together opens a round around them: then all share one
/// batch, and wake at the end of the round.
/// </summary>
/// <remarks>Threading: one user at a time, on one thread. Owner: whoever rented it calls <see cref="WakeAndReturn"/>.</remarks>
internal sealed class WakeBatch
{
    private const int KeptCapacity = 1_024;

    [ThreadStatic]
    private static WakeBatch? _idle;

    [ThreadStatic]
    private static long _uses;

    private ISessionConnection[] _connections = new ISessionConnection[16];
    private int _count;
    private bool _isRound;

    /// <summary>This thread's batch.</summary>
    public static WakeBatch Rent()
    {
        WakeBatch batch = _idle ?? new WakeBatch();
        if (batch._isRound) return batch;
        _idle = null;
        batch.Number = ((long)Environment.CurrentManagedThreadId << 40) | ++_uses;
        return batch;
    }

    /// <summary>Makes this thread's batch the one of everything that rents until <see cref="EndRound"/>.</summary>
    public static WakeBatch OpenRound()
    {
        WakeBatch batch = Rent();
        batch._isRound = true;
        _idle = batch;
        return batch;
    }

    /// <summary>The round is over: wakes every connection of the batch. No lock may be held.</summary>
    public void EndRound()
    {
        _isRound = false;
        _idle = null;
        WakeAndReturn();
    }

    /// <summary>Tells this use of the batch from every other.</summary>
    public long Number { get; private set; }

    /// <summary>Adds a connection that has something to send; called by <see cref="ISessionConnection.MarkWaiting"/>.</summary>
    public void Add(ISessionConnection connection)
    {
        if (_count == _connections.Length) Array.Resize(ref _connections, 2 * _count);
        _connections[_count++] = connection;
    }

    /// <summary>Wakes every connection of the batch, unless the round does so later. No lock may be held.</summary>
    public void WakeAndReturn()
    {
        if (_isRound) return;
        for (int i = 0; i < _count; i++)
        {
            ISessionConnection connection = _connections[i];
            _connections[i] = null!; // the slot is free; nothing reads beyond the count
            connection.Wake();
        }

        _count = 0;
        if (_connections.Length > KeptCapacity) _connections = new ISessionConnection[16];
        _idle = this;
    }
}

namespace Broker.Host.Endpoints;

/// <summary>
/// Connections whose last bytes are sent and whose peers have not hung up yet. Closing a socket at once answers bytes that are
/// still under way with a reset, and that can take the last packet (a DISCONNECT with its reason) from a peer that has not read
/// it; so they stay open for a moment, in a bounded number.
/// </summary>
/// <remarks>Threading: any. The one timer runs only while there is something to end.</remarks>
internal sealed class LingeringConnections : IDisposable
{
    // Inside the reserve of descriptors; past it the oldest has to go.
    private const int MaxCount = 64;
    private static readonly TimeSpan _moment = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Queue<(ILingering Connection, long Since)> _queue = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    /// <summary>Creates an empty set.</summary>
    public LingeringConnections(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static state => ((LingeringConnections)state!).EndOld(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Gives a connection its moment.</summary>
    public void Add(ILingering connection)
    {
        ILingering? oldest = null;
        lock (_gate)
        {
            if (_queue.Count == 0) _timer.Change(_moment, Timeout.InfiniteTimeSpan);
            if (_queue.Count == MaxCount) oldest = _queue.Dequeue().Connection;
            _queue.Enqueue((connection, _time.GetTimestamp()));
        }

        oldest?.EndLinger();
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void EndOld()
    {
        var old = new List<ILingering>();
        lock (_gate)
        {
            while (_queue.TryPeek(out (ILingering Connection, long Since) first))
            {
                TimeSpan left = _moment - _time.GetElapsedTime(first.Since);
                if (left > TimeSpan.Zero)
                {
                    _timer.Change(left, Timeout.InfiniteTimeSpan);
                    break;
                }

                old.Add(_queue.Dequeue().Connection);
            }
        }

        foreach (ILingering connection in old) connection.EndLinger();
    }
}

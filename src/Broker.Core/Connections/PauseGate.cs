namespace Broker.Core.Connections;

/// <summary>
/// Settles who goes on when reading pauses on one thread while another already lets it resume: exactly one of
/// <see cref="TryPause"/> (false: do not pause) and <see cref="TryResume"/> (true: tell the transport) sees the other.
/// </summary>
/// <remarks>Threading: <see cref="TryPause"/> by whoever calls Receive, <see cref="TryResume"/> from anywhere.</remarks>
internal struct PauseGate
{
    private const int Running = 0;
    private const int Paused = 1;
    private const int ResumedEarly = 2;

    private int _state;

    /// <summary>True: reading pauses until the transport is told to resume. False: the reason to pause is gone already.</summary>
    public bool TryPause()
    {
        if (Interlocked.CompareExchange(ref _state, Paused, Running) == Running) return true;
        Volatile.Write(ref _state, Running); // it was resumed early
        return false;
    }

    /// <summary>True: reading had paused, and the transport has to be told. False: it had not; it will not pause.</summary>
    public bool TryResume()
    {
        while (true)
        {
            if (Interlocked.CompareExchange(ref _state, Running, Paused) == Paused) return true;

            // It may pause between the look above and the one below: then look again, or nobody would wake it.
            if (Interlocked.CompareExchange(ref _state, ResumedEarly, Running) != Paused) return false;
        }
    }
}

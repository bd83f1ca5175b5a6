using Broker.Host.Endpoints;

namespace Broker.Host;

/// <summary>
/// Says how long an event loop has been in one turn: whatever comes for its connections waits that long. It costs the loop nothing but to count its
/// turns.
/// </summary>
/// <remarks>Threading: one thread looks.</remarks>
internal sealed class LoopWatch(ILoopTurns loop, TimeProvider time)
{
    private long _turn = -1;
    private long _since;

    /// <summary>For how long, at least: since it was first seen in that turn.</summary>
    public TimeSpan Look()
    {
        long now = time.GetTimestamp();
        long turn = loop.Turns;
        if (turn == _turn && !loop.IsAsleep) return time.GetElapsedTime(_since, now);
        (_turn, _since) = (turn, now);
        return TimeSpan.Zero;
    }
}

using Broker.Core.Protocol;
using Broker.Core.Sessions;
using Broker.Core.Time;

namespace Broker.Core.Connections;

/// <summary>Ends a connection when what its client showed stops to hold, e.g. a token at its <c>exp</c>.</summary>
/// <remarks>
/// Threading: any thread. Owner: the connection, which cancels it when it is gone. The end is a time of the wall clock, which
/// goes on where the broker's does not (a paused machine), and may be far away; so it is looked at every minute.
/// </remarks>
internal sealed class AuthenticationEnd(ClientConnection connection) : WheelTimer
{
    private const long LongestMilliseconds = 60_000;
    private long _end; // milliseconds since 1970

    /// <summary>Begins to wait for this end in place of the one before.</summary>
    public void Schedule(DateTimeOffset end)
    {
        Volatile.Write(ref _end, end.ToUnixTimeMilliseconds());
        Schedule(connection.Broker.Clock.Now);
    }

    /// <inheritdoc/>
    protected internal override void Expired(long nowMs)
    {
        if (connection.Phase >= Phase.Closing) return;
        if (Remaining > 0) Schedule(nowMs);
        else connection.Close(CloseReason.Kicked, ReasonCode.MaximumConnectTime, "What this client authenticated with has expired");
    }

    private long Remaining => Volatile.Read(ref _end) - connection.Broker.Clock.UtcNow.ToUnixTimeMilliseconds();

    private void Schedule(long nowMs) => connection.Broker.Wheel.Schedule(this, nowMs + Math.Clamp(Remaining, 0, LongestMilliseconds));
}

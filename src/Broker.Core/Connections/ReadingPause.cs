using Broker.Core.Time;

namespace Broker.Core.Connections;

/// <summary>Reading from a connection goes on when what it read is paid for.</summary>
/// <remarks>Threading: any thread. Owner: the connection, which cancels it when it is gone.</remarks>
internal sealed class ReadingPause(ClientConnection connection) : WheelTimer
{
    /// <inheritdoc/>
    protected internal override void Expired(long nowMs) => connection.Resume();
}

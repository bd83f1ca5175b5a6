using Broker.Core.Sessions;

namespace Broker.Core.Connections;

/// <summary>
/// What several connections received is handled together: until the round ends, nobody is asked to drain; then everybody who
/// has something to send is, once. For transports whose threads each serve many connections.
/// </summary>
/// <remarks>
/// Threading: opened and ended on one thread, which calls <see cref="ClientConnection.Receive"/> in between; one at a time on a
/// thread. What other threads cause is not held back.
/// </remarks>
public readonly ref struct ReceiveRound
{
    private readonly WakeBatch _batch;

    private ReceiveRound(WakeBatch batch) => _batch = batch;

    /// <summary>Opens the round of this thread.</summary>
    public static ReceiveRound Open() => new(WakeBatch.OpenRound());

    /// <summary>Ends it: calls <see cref="ITransport.RequestDrain"/> of every connection that has something to send.</summary>
    public void Dispose() => _batch.EndRound();
}

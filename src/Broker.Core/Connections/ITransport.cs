namespace Broker.Core.Connections;

/// <summary>
/// The driver of one network connection: it carries bytes between a peer and its <see cref="ClientConnection"/>, which does
/// no I/O itself. The host implements it for TCP, TLS and WebSocket, tests in memory.
/// </summary>
/// <remarks>
/// All members may be called from any thread, with no lock of the broker held. They never block, never throw, and never
/// call <see cref="ClientConnection.Closed"/> before they return: closing one connection can wake many others, and a chain
/// of such calls would not be bounded.
/// </remarks>
public interface ITransport
{
    /// <summary>There is something to send: call <see cref="ClientConnection.Drain"/>, now or soon.</summary>
    void RequestDrain();

    /// <summary>
    /// Reading may go on after <see cref="ReceiveStatus.Pause"/>: call <see cref="ClientConnection.Receive"/> again, with an
    /// empty span first, because the connection may hold bytes back.
    /// </summary>
    void ResumeReceive();

    /// <summary>
    /// From now on the client is sent values that newer ones replace while they wait: so let little wait outside of the broker,
    /// where nothing replaces it. A transport that has no way to do so does nothing. May be called more than once.
    /// </summary>
    void KeepUnsentShort()
    {
    }

    /// <summary>
    /// Whether the peer is the reason why <see cref="ClientConnection.Drain"/> was not called since it was asked for: it does not take
    /// what was sent. Then values for change-only subscriptions are conflated. A transport that always drains at once unless it
    /// waits for its peer need not say it; one that hands over to another thread first does.
    /// </summary>
    bool IsHeldUp => true;

    /// <summary>Hang up now; what was not sent is lost. <see cref="ClientConnection.Closed"/> follows.</summary>
    void Abort();
}

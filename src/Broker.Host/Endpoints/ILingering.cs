namespace Broker.Host.Endpoints;

/// <summary>A connection that is closed and stays open for a moment, see <see cref="LingeringConnections"/>.</summary>
internal interface ILingering
{
    /// <summary>The moment is over. Any thread; it may be gone already.</summary>
    void EndLinger();
}

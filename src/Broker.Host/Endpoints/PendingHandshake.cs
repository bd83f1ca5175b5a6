using Microsoft.AspNetCore.Connections;

namespace Broker.Host.Endpoints;

/// <summary>
/// A TLS handshake of the web server from the moment the connection came: it has to be over in time, and waiting for a place counts.
/// Kestrel's own limit begins after that.
/// </summary>
/// <remarks>Threading: any. Disposed when the handshake is over, or the connection.</remarks>
internal sealed class PendingHandshake : IDisposable
{
    private readonly CancellationTokenSource _late;

    /// <summary>Begins to measure the time; when it is over, the connection is cut off.</summary>
    public PendingHandshake(ConnectionContext connection, TimeSpan patience, TimeProvider time)
    {
        _late = new CancellationTokenSource(patience, time);
        _late.Token.UnsafeRegister(static late => ((ConnectionContext)late!).Abort(new ConnectionAbortedException("The TLS handshake took too long")), connection);
    }

    /// <summary>Its place among the handshakes under way, once it has one.</summary>
    public IDisposable? Place { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _late.Dispose();
        Place?.Dispose();
    }
}

using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Broker.Host.Endpoints;

/// <summary>
/// An endpoint of Kestrel's that listens nowhere: its connections were accepted by another one, which found out that they speak
/// another protocol than its own.
/// </summary>
/// <remarks>
/// Kestrel decides by TLS which version of HTTP a connection speaks, and has one version for an endpoint without it; so clients
/// that begin with HTTP/2 are handed to an endpoint that speaks it.
/// </remarks>
internal sealed class HandedOverConnections : IConnectionListenerFactory, IConnectionListenerFactorySelector, IConnectionListener
{
    private readonly Channel<ConnectionContext> _connections = Channel.CreateUnbounded<ConnectionContext>();

    /// <summary>The endpoint that stands for them.</summary>
    public EndPoint EndPoint { get; } = new NowhereEndPoint();

    /// <summary>Hands a connection over; done when it has ended. If it can no longer be taken, it is aborted.</summary>
    public async Task RunAsync(ConnectionContext connection)
    {
        var handedOver = new HandedOverConnection(connection);
        if (_connections.Writer.TryWrite(handedOver)) await handedOver.Ended;
        else connection.Abort(new ConnectionAbortedException("The server stops"));
    }

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => endpoint == EndPoint;

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _connections.Reader.WaitToReadAsync(cancellationToken) && _connections.Reader.TryRead(out ConnectionContext? connection) ? connection : null;

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _connections.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => UnbindAsync();

    private sealed class NowhereEndPoint : EndPoint
    {
        public override string ToString() => "handed-over";
    }
}

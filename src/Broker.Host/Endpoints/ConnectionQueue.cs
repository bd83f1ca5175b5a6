using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Broker.Host.Endpoints;

/// <summary>A listener of Kestrel's that listens nowhere: its connections are accepted elsewhere, and put into it.</summary>
/// <param name="name">What it is called in Kestrel's log.</param>
/// <param name="unbound">Called when Kestrel wants no more connections.</param>
/// <remarks>Threading: any number of writers, one reader.</remarks>
internal sealed class ConnectionQueue(string name, Func<Task> unbound) : IConnectionListener
{
    private readonly Channel<ConnectionContext> _connections = Channel.CreateUnbounded<ConnectionContext>();

    /// <summary>The address that stands for it.</summary>
    public EndPoint EndPoint { get; } = new NowhereEndPoint(name);

    /// <summary>Puts a connection in; false where Kestrel takes no more.</summary>
    public bool TryAdd(ConnectionContext connection) => _connections.Writer.TryWrite(connection);

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _connections.Reader.WaitToReadAsync(cancellationToken) && _connections.Reader.TryRead(out ConnectionContext? connection) ? connection : null;

    /// <inheritdoc/>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await unbound();
        _connections.Writer.TryComplete();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class NowhereEndPoint(string name) : EndPoint
    {
        public override string ToString() => name;
    }
}

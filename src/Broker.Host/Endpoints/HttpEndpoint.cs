using System.Net.Sockets;
using Broker.Host.Configuration;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Endpoints;

/// <summary>An http or https endpoint that is open: it accepts connections for Kestrel, knows those that are there, and can end them.</summary>
/// <remarks>
/// Threading: any. Who enters and who closes pass one lock: a connection is told that the endpoint closes, or does not get in. Every
/// connection has it among its features, so each of its requests can tell where it came in.
/// </remarks>
internal sealed class HttpEndpoint(BoundEndpoint bound, TlsHandshake? tls, TimeProvider time, ILogger logger)
{
    /// <summary>How long the requests of an endpoint that closes may take to end.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly HashSet<ConnectionContext> _connections = [];
    private readonly List<IConnectionListener> _listeners = [];
    private readonly List<Task> _loops = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isClosed;

    /// <summary>What it was made from.</summary>
    public ConfiguredEndpoint Endpoint => bound.Endpoint;

    /// <summary>How it shakes hands; null where it is not encrypted.</summary>
    public TlsHandshake? Tls => tls;

    /// <summary>Whether nobody is let in any more.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Fires when requests that only wait have waited long enough, since the endpoint closes.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>Where a request came in.</summary>
    public static HttpEndpoint Of(HttpContext context) => context.Features.GetRequiredFeature<HttpEndpoint>();

    /// <summary>Begins to listen.</summary>
    /// <param name="sockets">Makes connections of what is accepted.</param>
    /// <param name="queue">Takes the connections.</param>
    /// <exception cref="EndpointException">Somebody else began first.</exception>
    public async Task OpenAsync(IConnectionListenerFactory sockets, ConnectionQueue queue)
    {
        foreach (Socket socket in bound.Sockets)
        {
            IConnectionListener listener = await sockets.BindAsync(new BoundSocketEndPoint(bound, socket));
            _listeners.Add(listener);
            _loops.Add(AcceptAsync(listener, queue));
        }
    }

    /// <summary>Runs a connection of this endpoint; one that comes when it is closed ends at once.</summary>
    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        lock (_gate)
        {
            if (_isClosed) return;
            _connections.Add(connection);
        }

        try
        {
            await next(connection);
        }
        finally
        {
            Leave(connection);
        }
    }

    /// <summary>Stops to listen, and lets nobody in any more; connections live on.</summary>
    public async Task StopAsync()
    {
        lock (_gate)
        {
            _isClosed = true;
            if (_connections.Count == 0) _left.TrySetResult();
        }

        foreach (IConnectionListener listener in _listeners) await listener.UnbindAsync();
        await Task.WhenAll(_loops);
    }

    /// <summary>Ends the connections of an endpoint that was stopped: idle ones at once, others after the request that is under way, and what is there after the grace is cut off.</summary>
    /// <returns>How many there were, and what is done when they are gone.</returns>
    public (int Count, Task Gone) End()
    {
        ConnectionContext[] connections;
        lock (_gate) connections = [.. _connections];
        return (connections.Count(connection => connection is not HandedOverConnection), EndAsync(connections));
    }

    private async Task EndAsync(ConnectionContext[] connections)
    {
        using var patience = new CancellationTokenSource(Grace, time);
        foreach (ConnectionContext connection in connections) connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        await _closing.CancelAsync();
        try
        {
            await _left.Task.WaitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            lock (_gate) connections = [.. _connections];
            foreach (ConnectionContext connection in connections) connection.Abort(new ConnectionAbortedException("The endpoint is closed"));
            await _left.Task;
        }

        foreach (IConnectionListener listener in _listeners) await listener.DisposeAsync();
    }

    private void Leave(ConnectionContext connection)
    {
        lock (_gate)
        {
            _connections.Remove(connection);
            if (_isClosed && _connections.Count == 0) _left.TrySetResult();
        }
    }

    private async Task AcceptAsync(IConnectionListener listener, ConnectionQueue queue)
    {
        while (true)
        {
            try
            {
                if (await listener.AcceptAsync() is not { } connection) return;
                connection.Features.Set(this);
                if (!queue.TryAdd(connection)) await connection.DisposeAsync();
            }
            catch (Exception e)
            {
                // Whatever it is: this door stays open, and does not spin.
                HostLog.AcceptFaulted(logger, e, Endpoint.Name);
                await Task.Delay(DescriptorShortage.Pause, time);
            }
        }
    }
}

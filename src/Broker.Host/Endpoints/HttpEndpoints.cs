using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Endpoints;

/// <summary>
/// The endpoints for HTTP that are open. Kestrel knows none of them: it has three listeners that are always there (without TLS, with
/// it, and for HTTP/2 without TLS), and the endpoints that come and go put their connections into these.
/// </summary>
/// <remarks>
/// Kestrel decides by TLS which version of HTTP a connection speaks, and has one version for a listener without it; so clients that begin
/// with HTTP/2 there are handed to one that speaks it. Threading: any; what is open changes under the lock.
/// </remarks>
internal sealed class HttpEndpoints : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly IReadOnlyList<BoundEndpoint> _atStart;
    private readonly SocketTransportFactory _sockets;
    private readonly TlsEndpoints _tls;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<BoundEndpoint, HttpEndpoint> _open = [];

    /// <summary>Prepares it; the endpoints that are for HTTP open when Kestrel starts.</summary>
    public HttpEndpoints(IReadOnlyList<BoundEndpoint> endpoints, SocketTransportFactory sockets, TlsEndpoints tls, TimeProvider time, ILogger<HttpEndpoints> logger)
    {
        (_atStart, _sockets, _tls, _time, _logger) = (endpoints, sockets, tls, time, logger);
        Plain = new ConnectionQueue("http", StopAsync);
        Encrypted = new ConnectionQueue("https", StopAsync);
        Http2 = new ConnectionQueue("http2", StopAsync);
    }

    /// <summary>Connections without TLS; they begin as HTTP/1.1.</summary>
    public ConnectionQueue Plain { get; }

    /// <summary>Connections with TLS.</summary>
    public ConnectionQueue Encrypted { get; }

    /// <summary>Connections without TLS that turned out to speak HTTP/2.</summary>
    public ConnectionQueue Http2 { get; }

    /// <summary>Opens one.</summary>
    /// <exception cref="EndpointException">Somebody else listens there.</exception>
    public async Task OpenAsync(BoundEndpoint bound)
    {
        var endpoint = new HttpEndpoint(bound, _tls.Of(bound.Endpoint.Name), _time, _logger);
        lock (_gate) _open.Add(bound, endpoint);
        await endpoint.OpenAsync(_sockets, QueueOf(bound));
    }

    /// <summary>Stops one to listen; null where it is not open. Its connections live on until they are ended.</summary>
    public async Task<HttpEndpoint?> StopAsync(BoundEndpoint bound)
    {
        HttpEndpoint? endpoint;
        lock (_gate) _open.Remove(bound, out endpoint);
        if (endpoint is not null) await endpoint.StopAsync();
        return endpoint;
    }

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => endpoint == Plain.EndPoint || endpoint == Encrypted.EndPoint || endpoint == Http2.EndPoint;

    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        ConnectionQueue queue = endpoint == Plain.EndPoint ? Plain : endpoint == Encrypted.EndPoint ? Encrypted : Http2;
        foreach (BoundEndpoint bound in _atStart.Where(bound => bound.Endpoint.Url.IsHttp && QueueOf(bound) == queue)) await OpenAsync(bound);
        return queue;
    }

    private ConnectionQueue QueueOf(BoundEndpoint bound) => bound.Endpoint.Certificate is null ? Plain : Encrypted;

    // Kestrel stops: it waits for the connections by itself.
    private async Task StopAsync()
    {
        HttpEndpoint[] open;
        lock (_gate)
        {
            open = [.. _open.Values];
            _open.Clear();
        }

        foreach (HttpEndpoint endpoint in open) await endpoint.StopAsync();
    }
}

using Broker.Core;
using Broker.Host.Configuration;
using Broker.Host.Endpoints.Epoll;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Endpoints;

/// <summary>The endpoints for MQTT over TCP and TLS that are open, and what they share.</summary>
/// <remarks>
/// Threading: any; what is open changes under the lock. Owner: the container; disposing ends the event loops and closes what is still open.
/// </remarks>
internal sealed class MqttEndpoints(MqttBroker broker, TcpOptions tcp, TlsEndpoints tls, ProcessLoad load, TimeProvider time, ILoggerFactory loggers)
    : IDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger<TcpEndpoint>();
    private readonly LingeringConnections _lingering = new(time);
    private readonly Lock _gate = new();
    private readonly Dictionary<BoundEndpoint, TcpEndpoint> _open = [];
    private EpollLoops? _loops;

    /// <summary>Opens those of some endpoints that are for MQTT.</summary>
    /// <exception cref="EndpointException">Somebody else listens there.</exception>
    public void Start(IEnumerable<BoundEndpoint> endpoints)
    {
        foreach (BoundEndpoint bound in endpoints.Where(bound => !bound.Endpoint.Url.IsHttp)) Open(bound);
    }

    /// <summary>Opens one.</summary>
    /// <exception cref="EndpointException">Somebody else listens there.</exception>
    public void Open(BoundEndpoint bound)
    {
        lock (_gate)
        {
            if (bound.Endpoint.Certificate is null && tcp.UsesEpoll) _loops ??= StartLoops();
            var endpoint = new TcpEndpoint(bound, new TcpServices(broker, _lingering, tls, _logger, _loops), time, _logger);
            _open.Add(bound, endpoint);
            endpoint.Start();
        }
    }

    /// <summary>Closes one; its connections live on.</summary>
    public async Task CloseAsync(BoundEndpoint bound)
    {
        TcpEndpoint? endpoint;
        lock (_gate) _open.Remove(bound, out endpoint);
        if (endpoint is null) return;
        await endpoint.StopAsync();
        endpoint.Dispose();
    }

    /// <summary>Closes all of them; connections that were accepted live on.</summary>
    public async Task StopAsync()
    {
        TcpEndpoint[] open;
        lock (_gate) open = [.. _open.Values];
        await Task.WhenAll(open.Select(endpoint => endpoint.StopAsync()));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _loops?.Dispose();
        foreach (TcpEndpoint endpoint in _open.Values) endpoint.Dispose();
        _lingering.Dispose();
    }

    private EpollLoops StartLoops()
    {
        var loops = new EpollLoops(tcp.LoopCount, _logger);
        load.Watch(loops.All);
        return loops;
    }
}

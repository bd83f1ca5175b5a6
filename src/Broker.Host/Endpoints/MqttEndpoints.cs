using Broker.Core;
using Broker.Host.Configuration;
using Broker.Host.Endpoints.Epoll;
using Broker.Host.Reloading;
using Broker.Host.Security;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Endpoints;

/// <summary>The endpoints for MQTT over TCP and TLS that are open, and what they share.</summary>
/// <remarks>
/// Threading: any; what is open changes under the lock, and one change waits for the one before. Owner: the container; disposing ends
/// the event loops and closes what is still open.
/// </remarks>
internal sealed class MqttEndpoints(MqttBroker broker, TcpOptions tcp, TlsEndpoints tls, AccessReport report, ProcessLoad load, TimeProvider time, ILoggerFactory loggers)
    : IEndpointDoors, IDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger<TcpEndpoint>();
    private readonly LingeringConnections _lingering = new(time);
    private readonly Lock _gate = new();
    private readonly Dictionary<BoundEndpoint, TcpEndpoint> _open = [];
    private Task _changing = Task.CompletedTask;
    private EpollLoops? _loops;
    private bool _stopping;
    private int _disposed;

    /// <summary>Opens those of some endpoints that are for MQTT.</summary>
    /// <exception cref="EndpointException">Somebody else listens there.</exception>
    public void Start(IEnumerable<BoundEndpoint> endpoints)
    {
        lock (_gate)
        {
            foreach (BoundEndpoint bound in endpoints.Where(bound => !bound.Endpoint.Url.IsHttp)) Open(bound);
        }
    }

    /// <inheritdoc/>
    public void Change(IReadOnlyList<BoundEndpoint> closed, IReadOnlyList<BoundEndpoint> opened)
    {
        lock (_gate) _changing = ChangeAsync(_changing, closed, opened);
    }

    /// <summary>Closes all doors; connections that were accepted live on.</summary>
    public async Task StopAsync()
    {
        Task changing;
        lock (_gate)
        {
            _stopping = true;
            changing = _changing;
        }

        await changing;
        await Task.WhenAll(_open.Values.Select(endpoint => endpoint.StopAsync())); // nothing changes any more
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return; // the container has it twice, as itself and as doors
        _loops?.Dispose();
        foreach (TcpEndpoint endpoint in _open.Values) endpoint.Dispose();
        _lingering.Dispose();
    }

    private void Open(BoundEndpoint bound)
    {
        if (bound.Endpoint.Certificate is null && tcp.UsesEpoll) _loops ??= StartLoops();
        var endpoint = new TcpEndpoint(bound, new TcpServices(broker, _lingering, tls, _logger, _loops), time, _logger);
        _open.Add(bound, endpoint);
        endpoint.Start();
    }

    private EpollLoops StartLoops()
    {
        var loops = new EpollLoops(tcp.LoopCount, _logger);
        load.Watch(loops.All);
        return loops;
    }

    private async Task ChangeAsync(Task before, IReadOnlyList<BoundEndpoint> closed, IReadOnlyList<BoundEndpoint> opened)
    {
        await before;
        foreach (BoundEndpoint bound in closed) await CloseAsync(bound);
        lock (_gate)
        {
            foreach (BoundEndpoint bound in opened)
            {
                if (_stopping) bound.Dispose();
                else OpenLater(bound);
            }
        }
    }

    private async Task CloseAsync(BoundEndpoint bound)
    {
        TcpEndpoint? endpoint;
        lock (_gate)
        {
            if (_stopping || !_open.Remove(bound, out endpoint)) return;
        }

        await endpoint.StopAsync();
        endpoint.Dispose();
        int count = broker.CloseEndpoint(bound.Endpoint.Name, "The endpoint was closed or listens elsewhere now");
        tls.Remove(bound.Endpoint.Name);
        HostLog.EndpointClosed(_logger, bound.Endpoint.Name, bound.Address, count);
    }

    private void OpenLater(BoundEndpoint bound)
    {
        try
        {
            tls.Add(bound.Endpoint);
            Open(bound);
            HostLog.EndpointOpened(_logger, bound.Endpoint.Name, bound.Address);
            report.Warn(bound.Endpoint);
        }
#pragma warning disable CA1031 // a fault of ours; the other endpoints and the next change are not to suffer from it
        catch (Exception fault)
#pragma warning restore CA1031
        {
            HostLog.AcceptFaulted(_logger, fault, bound.Endpoint.Name);
        }
    }
}

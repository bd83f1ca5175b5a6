using Broker.Core;
using Broker.Host.Reloading;
using Broker.Host.Security;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Endpoints;

/// <summary>Opens and closes endpoints of both kinds while the broker runs.</summary>
/// <remarks>Threading: any; one change waits for the one before, and the first for the start.</remarks>
internal sealed class EndpointDoors(MqttBroker broker, MqttEndpoints mqtt, TlsEndpoints tls, AccessReport report, ILogger<EndpointDoors> logger, HttpEndpoints? http = null) : IEndpointDoors
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _changing;
    private volatile bool _stopping;

    /// <summary>All that was to open at the start is open.</summary>
    public void Started() => _started.TrySetResult();

    /// <inheritdoc/>
    public void Change(IReadOnlyList<BoundEndpoint> closed, IReadOnlyList<BoundEndpoint> opened)
    {
        lock (_gate) _changing = ChangeAsync(_changing ?? _started.Task, closed, opened);
    }

    /// <summary>Closes those for MQTT, and changes nothing any more; connections that were accepted live on. Those for HTTP are the web server's to close.</summary>
    public async Task StopAsync()
    {
        Task? changing;
        lock (_gate)
        {
            _stopping = true;
            changing = _changing;
        }

        _started.TrySetResult();
        if (changing is not null) await changing;
        await mqtt.StopAsync();
    }

    private async Task ChangeAsync(Task before, IReadOnlyList<BoundEndpoint> closed, IReadOnlyList<BoundEndpoint> opened)
    {
        await before;
        foreach (BoundEndpoint bound in closed)
        {
            if (!_stopping) await CloseAsync(bound);
        }

        foreach (BoundEndpoint bound in opened)
        {
            if (_stopping) bound.Dispose();
            else await OpenAsync(bound);
        }
    }

    private async Task CloseAsync(BoundEndpoint bound)
    {
        const string Reason = "The endpoint was closed or listens elsewhere now";
        string name = bound.Endpoint.Name;
        HttpEndpoint? web = bound.Endpoint.Url.IsHttp ? await http!.StopAsync(bound) : null; // such an endpoint is open only where they are served
        if (!bound.Endpoint.Url.IsHttp) await mqtt.CloseAsync(bound);
        int count = broker.CloseEndpoint(name, Reason);
        if (web is not null) count = EndWeb(web);
        tls.Remove(name);
        HostLog.EndpointClosed(logger, name, bound.Address, count);
    }

    // WebSockets end with the broker's word, and what is left of HTTP when it has been answered: nothing waits for that.
    private int EndWeb(HttpEndpoint web)
    {
        (int count, Task gone) = web.End();
        _ = TellAsync(web.Endpoint.Name, gone);
        return count;
    }

    private async Task TellAsync(string endpoint, Task gone)
    {
        try
        {
            await gone;
        }
        catch (Exception fault)
        {
            HostLog.AcceptFaulted(logger, fault, endpoint);
        }
    }

    private async Task OpenAsync(BoundEndpoint bound)
    {
        try
        {
            tls.Add(bound.Endpoint);
            if (bound.Endpoint.Url.IsHttp) await http!.OpenAsync(bound); // others are not opened: see EndpointSettings
            else mqtt.Open(bound);
            HostLog.EndpointOpened(logger, bound.Endpoint.Name, bound.Address);
            report.Warn(bound.Endpoint);
        }
#pragma warning disable CA1031 // a fault of ours; the other endpoints and the next change are not to suffer from it
        catch (Exception fault)
#pragma warning restore CA1031
        {
            HostLog.AcceptFaulted(logger, fault, bound.Endpoint.Name);
        }
    }
}

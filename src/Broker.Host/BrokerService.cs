using Broker.Core;
using Broker.Host.Endpoints;
using Broker.Host.Security;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Broker.Host;

/// <summary>Starts the broker and its MQTT endpoints, and stops them in order.</summary>
internal sealed class BrokerService(
    MqttBroker broker, IReadOnlyList<BoundEndpoint> endpoints, MqttEndpoints mqtt, EndpointDoors doors, AccessReport report, Readiness readiness, OptionalStore store,
    IHostApplicationLifetime lifetime, TimeProvider time, ILoggerFactory loggers)
    : IHostedLifecycleService
{
    /// <summary>How long clients have to take their last packets; the rest of the ten seconds is for HTTP and exporters.</summary>
    public static readonly TimeSpan StopTime = TimeSpan.FromSeconds(6);

    private readonly ILogger _logger = loggers.CreateLogger<BrokerService>();

    /// <summary>The broker first, then the doors to it. HTTP opens after this, since its server is started last.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        broker.Start();
        store.Hosting?.Start(broker.Recovery!, time.GetElapsedTime(start), readiness, lifetime, _logger); // a store was read
        mqtt.Start(endpoints);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        report.Write(endpoints);
        doors.Started();
        readiness.IsReady = true;
        return Task.CompletedTask;
    }

    /// <summary>
    /// Before anything else stops: the HTTP server would wait for its open WebSockets, and they end only by the broker's word.
    /// </summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        readiness.IsReady = false;
        HostLog.Stopping(_logger);
        await doors.StopAsync();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(StopTime);
        await broker.StopAsync(patience.Token);
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        store.Hosting?.Dispose(); // nobody appends any more
        HostLog.Stopped(_logger);
        return Task.CompletedTask;
    }
}

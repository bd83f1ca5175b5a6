using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Broker.Client.Hosting;

/// <summary>The state of a client as health.</summary>
internal sealed class BrokerClientHealthCheck(BrokerClient client) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        string text = $"{client.ClientId} is {client.State}; {client.Waiting} messages wait";
        return Task.FromResult(client.State switch
        {
            ConnectionState.Connected => HealthCheckResult.Healthy(text),
            ConnectionState.Connecting => HealthCheckResult.Degraded(text),
            _ => HealthCheckResult.Unhealthy(text),
        });
    }
}

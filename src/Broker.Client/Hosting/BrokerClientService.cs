using Microsoft.Extensions.Hosting;

namespace Broker.Client.Hosting;

/// <summary>Connects with the host, without holding it up, and says goodbye with it.</summary>
internal sealed class BrokerClientService(BrokerClient client) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        client.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => client.StopAsync(cancellationToken);
}

using Microsoft.Extensions.Hosting;

namespace Broker.Host.Audit;

/// <summary>Writes what is left of the audit log when the host stops; it is registered first, and so stops last.</summary>
internal sealed class AuditFlush(AuditLog log) : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => log.StopAsync();
}

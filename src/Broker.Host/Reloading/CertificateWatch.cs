using Microsoft.Extensions.Hosting;

namespace Broker.Host.Reloading;

/// <summary>
/// Looks at the files of certificates, authorities and revocation lists, and takes new ones without being told: they are renewed
/// by programs, which know nothing of the broker.
/// </summary>
internal sealed class CertificateWatch(CertificateSettings certificates, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var watch = new FileWatch(certificates.Files);
        using var timer = new PeriodicTimer(_interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (watch.HasChanged(certificates.Files)) certificates.Refresh();
        }
    }
}

using System.Runtime.InteropServices;
using Broker.Host.Configuration;
using Microsoft.Extensions.Hosting;

namespace Broker.Host.Reloading;

/// <summary>Reloads when SIGHUP comes and, where that is asked for, when a file changed.</summary>
internal sealed class ReloadService(Reloader reloader, HostConfiguration configuration, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(500);

    // What it was like before the broker says that it is ready: whatever is written after that is a change.
    private readonly FileWatch? _watch = configuration.Options.Reload.Watch ? new FileWatch(reloader.Files) : null;
    private PosixSignalRegistration? _hangUp;

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsWindows()) _hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, HangUp);
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _hangUp?.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_watch is null) return;
        using var timer = new PeriodicTimer(_interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (_watch.HasChanged(reloader.Files)) reloader.Reload("a file changed");
        }
    }

    private void HangUp(PosixSignalContext context)
    {
        context.Cancel = true; // by itself the signal ends the process
        reloader.Reload("SIGHUP");
    }
}

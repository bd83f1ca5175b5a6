using Microsoft.Extensions.Hosting;

namespace Broker.Host;

/// <summary>Waits for the end, and sees to it that it comes.</summary>
internal static class Shutdown
{
    // Exporters flush when they are disposed, and wait for collectors that may be gone.
    private static readonly TimeSpan _disposeTime = TimeSpan.FromSeconds(1);

    /// <summary>Runs until a signal stops the host, then gives back what it holds, within a bounded time.</summary>
    public static async Task WaitAsync(IHost host)
    {
        try
        {
            await host.WaitForShutdownAsync();
        }
        catch (OperationCanceledException)
        {
            // The time for stopping was over before everything had stopped: the process ends all the same.
            await Console.Error.WriteLineAsync("Not everything stopped in time; ending anyway");
        }

        Task disposing = Task.Run(host.Dispose);
        await Task.WhenAny(disposing, Task.Delay(_disposeTime));
    }
}

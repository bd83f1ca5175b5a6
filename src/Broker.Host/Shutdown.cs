using Microsoft.Extensions.Hosting;

namespace Broker.Host;

/// <summary>Waits for the end, and sees to it that it comes.</summary>
internal static class Shutdown
{
    // Exporters flush when they are disposed, and wait for collectors that may be gone.
    private static readonly TimeSpan _disposeTime = TimeSpan.FromSeconds(1);

    /// <summary>Runs until a signal stops the host, then gives back what it holds, within a bounded time.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> WaitAsync(IHost host)
    {
        int exitCode = ExitCode.Success;
        try
        {
            await host.WaitForShutdownAsync();
        }
        catch (OperationCanceledException)
        {
            // The process ends all the same; what is open ends with it.
            await Console.Error.WriteLineAsync("Not everything stopped in time; ending anyway");
        }
        catch (Exception e)
        {
            await Console.Error.WriteLineAsync($"Stopping failed: {e}");
            exitCode = ExitCode.Failed;
        }

        Task disposing = Task.Run(host.Dispose);
        await Task.WhenAny(disposing, Task.Delay(_disposeTime));
        return exitCode;
    }
}

using System.Runtime.InteropServices;

namespace Broker.Host.Endpoints;

/// <summary>
/// How many files and sockets this process may have open. A .NET process that really runs out of them can end at once, because
/// the runtime opens files of its own at any time; so the broker's own bound lies below the system's.
/// </summary>
internal static partial class DescriptorLimit
{
    private const int NoFile = 7;

    // For what comes on top of what is open at the start: the runtime's assemblies (it keeps two descriptors for each), exporters,
    // connections that are just being taken, refused or closed.
    private const int Reserve = 320;

    // Kestrel's share for requests that are no WebSocket.
    private const int MaxHttpConnections = 10_000;

    /// <summary>Raises the soft limit to the hard one and says what the process may open; null where there is no such limit.</summary>
    public static long? Raise()
    {
        if (!OperatingSystem.IsLinux() || GetLimit(NoFile, out Limit limit) != 0) return null;
        if (limit.Soft < limit.Hard && SetLimit(NoFile, limit with { Soft = limit.Hard }) == 0) limit = limit with { Soft = limit.Hard };
        return (long)Math.Min(limit.Soft, long.MaxValue);
    }

    /// <summary>How many the process has open now.</summary>
    public static int Open() => OperatingSystem.IsLinux() ? Directory.GetFileSystemEntries("/proc/self/fd").Length : 0;

    /// <summary>How many more it may open now; null where there is no such limit.</summary>
    public static long? Left()
    {
        if (!OperatingSystem.IsLinux() || GetLimit(NoFile, out Limit limit) != 0) return null;
        return (long)Math.Min(limit.Soft, long.MaxValue) - Open();
    }

    /// <summary>Divides what may still be opened between MQTT clients and HTTP connections.</summary>
    /// <param name="descriptors">What the process may open; null for no limit.</param>
    /// <param name="open">What it has open already.</param>
    /// <param name="configured">The connections that the configuration wants.</param>
    /// <param name="hasHttp">Whether there is an HTTP endpoint.</param>
    public static (int Mqtt, int Http) Share(long? descriptors, int open, int configured, bool hasHttp)
    {
        if (descriptors is not { } limit) return (configured, MaxHttpConnections);
        long left = Math.Max(0, limit - open);
        long free = left - Math.Min(Reserve, left / 2);
        long http = hasHttp ? Math.Clamp(free / 8, 8, MaxHttpConnections) : 0;
        return ((int)Math.Clamp(free - http, 1, configured), (int)http);
    }

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in Limit limit);

    private readonly record struct Limit(nuint Soft, nuint Hard);
}

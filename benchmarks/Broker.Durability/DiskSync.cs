using System.Diagnostics;
using Broker.LoadTests.Engine;

namespace Broker.Durability;

/// <summary>How long the disk itself takes to confirm a small write: what every acknowledgement has to wait for at least.</summary>
internal static class DiskSync
{
    private const int Rounds = 500;
    private const int Bytes = 4_096;

    public static LatencyHistogram Measure(string folder)
    {
        string file = Path.Combine(folder, "sync.probe");
        using var handle = File.OpenHandle(file, FileMode.Create, FileAccess.Write, options: FileOptions.DeleteOnClose, preallocationSize: Rounds * Bytes);
        var times = new LatencyHistogram();
        var bytes = new byte[Bytes];
        for (int i = 0; i < Rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            RandomAccess.Write(handle, bytes, i * Bytes);
            RandomAccess.FlushToDisk(handle);
            times.Record(Stopwatch.GetElapsedTime(start));
        }

        return times;
    }
}

using System.Diagnostics;

namespace Broker.Host;

/// <summary>How long the disk takes to confirm a small write: the least that an acknowledgement can take.</summary>
internal static class SyncProbe
{
    private const int Rounds = 15;
    private const int Bytes = 4_096;

    /// <summary>The median of a few.</summary>
    /// <param name="folder">A folder on the disk.</param>
    public static TimeSpan Measure(string folder)
    {
        string file = Path.Combine(folder, "sync.probe");
        try
        {
            using var handle = File.OpenHandle(file, FileMode.Create, FileAccess.Write, options: FileOptions.DeleteOnClose);
            var bytes = new byte[Bytes];
            var times = new TimeSpan[Rounds];
            for (int i = 0; i < Rounds; i++)
            {
                long start = Stopwatch.GetTimestamp();
                RandomAccess.Write(handle, bytes, i * Bytes);
                RandomAccess.FlushToDisk(handle);
                times[i] = Stopwatch.GetElapsedTime(start);
            }

            Array.Sort(times);
            return times[Rounds / 2];
        }
        catch (IOException e)
        {
            throw new Storage.StoreException($"The store's folder {folder} cannot be written: {e.Message}", e);
        }
    }
}

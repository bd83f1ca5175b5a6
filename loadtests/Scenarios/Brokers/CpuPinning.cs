using System.Globalization;
using System.Runtime.InteropServices;

namespace Broker.LoadTests.Brokers;

/// <summary>Keeps broker and generator apart: half of the processors each (Linux, at least two of them).</summary>
public sealed partial record CpuPinning(IReadOnlyList<int> Broker, IReadOnlyList<int> Generator)
{
    private const string TaskSet = "/usr/bin/taskset";

    /// <summary>The split for this machine; null where it cannot be had.</summary>
    public static CpuPinning? Plan()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(TaskSet)) return null;
        int[] allowed = Allowed(File.ReadLines("/proc/self/status"));
        return allowed.Length < 2 ? null : new CpuPinning(allowed[..(allowed.Length / 2)], allowed[(allowed.Length / 2)..]);
    }

    /// <summary>The command that starts a program on the broker's processors.</summary>
    public IReadOnlyList<string> Prefix => [TaskSet, "-c", string.Join(',', Broker)];

    /// <summary>Moves this process, every thread it has and will have, to the generator's processors.</summary>
    public void PinGenerator()
    {
        ulong[] mask = new ulong[Math.Max(1, Generator.Max() / 64 + 1)];
        foreach (int cpu in Generator) mask[cpu / 64] |= 1UL << (cpu % 64);
        foreach (string task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            // A thread that has just ended cannot be moved, and need not be.
            _ = SetAffinity(int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture), mask.Length * sizeof(ulong), mask);
        }
    }

    public override string ToString() => $"broker on CPU {string.Join(',', Broker)}, generator on CPU {string.Join(',', Generator)}";

    /// <summary>The processors that a /proc status file allows.</summary>
    public static int[] Allowed(IEnumerable<string> status)
    {
        const string Key = "Cpus_allowed_list:";
        string list = status.FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal))?[Key.Length..].Trim() ?? "";
        return
        [
            .. list.Split(',', StringSplitOptions.RemoveEmptyEntries).SelectMany(range =>
            {
                int[] ends = [.. range.Split('-').Select(end => int.Parse(end, CultureInfo.InvariantCulture))];
                return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
            }),
        ];
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nint size, [In] ulong[] mask);
}

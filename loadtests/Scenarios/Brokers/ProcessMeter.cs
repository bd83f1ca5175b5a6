using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Broker.LoadTests.Brokers;

/// <summary>What another process has used, without its help.</summary>
public sealed partial class ProcessMeter(int processId)
{
    private const int CpuClock = 2; // CPUCLOCK_SCHED of clock_getcpuclockid

    public int ProcessId => processId;

    /// <summary>Processor time so far: to the nanosecond on Linux, where /proc only tells hundredths of a second.</summary>
    public TimeSpan Cpu()
    {
        if (OperatingSystem.IsLinux() && ClockGetTime((~processId << 3) | CpuClock, out TimeSpec time) == 0)
            return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromTicks(time.Nanoseconds / 100);
        using Process process = Process.GetProcessById(processId);
        return process.TotalProcessorTime;
    }

    public long ResidentBytes()
    {
        if (!OperatingSystem.IsLinux())
        {
            using Process process = Process.GetProcessById(processId);
            return process.WorkingSet64;
        }

        string pages = File.ReadAllText($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/statm").Split(' ')[1];
        return long.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}

using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Broker.LoadTests.Reports;

/// <summary>Where it was measured.</summary>
/// <param name="System">Operating system.</param>
/// <param name="Processor">Its name.</param>
/// <param name="Processors">How many.</param>
/// <param name="MemoryBytes">How much there is.</param>
/// <param name="Runtime">.NET's version.</param>
/// <param name="Load">The machine's load average when it began, where the system tells.</param>
public sealed record MachineInfo(string System, string Processor, int Processors, long MemoryBytes, string Runtime, string Load)
{
    public static MachineInfo Current() => new(
        RuntimeInformation.OSDescription,
        FromFile("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        RuntimeInformation.FrameworkDescription,
        File.Exists("/proc/loadavg") ? string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ').Take(3)) : "");

    /// <summary>The commit of the sources that the program was built from, as git says; empty where there is none.</summary>
    public static string Commit()
    {
        try
        {
            using Process? git = Process.Start(new ProcessStartInfo("git", ["describe", "--always", "--dirty"]) { RedirectStandardOutput = true, RedirectStandardError = true });
            if (git is null) return "";
            string commit = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return git.ExitCode == 0 ? commit : "";
        }
        catch (global::System.ComponentModel.Win32Exception)
        {
            return ""; // git is not installed
        }
    }

    private static string? FromFile(string path, string key) =>
        File.Exists(path) ? File.ReadLines(path).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))?.Split(':', 2)[1].Trim() : null;
}

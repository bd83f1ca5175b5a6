using System.Diagnostics;
using SharpFuzz;

namespace Broker.Fuzz;

/// <summary>
/// A copy of this program whose assemblies of the broker tell which branches they take: SharpFuzz rewrites their code. The
/// program starts that copy and hands its arguments on.
/// </summary>
internal static class Instrumentation
{
    private const string Mark = "BROKER_FUZZ_INSTRUMENTED";

    /// <summary>Whether this is the copy.</summary>
    public static bool IsDone => Environment.GetEnvironmentVariable(Mark) is not null;

    /// <summary>Makes the copy, runs it and gives its exit code.</summary>
    public static int RunCopy(string[] arguments)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("broker-fuzz-");
        try
        {
            Copy(AppContext.BaseDirectory, folder.FullName);
            Instrument(Path.Combine(folder.FullName, "Broker.Core.dll"), _ => true);
            Instrument(Path.Combine(folder.FullName, "Broker.Host.dll"), type => type.StartsWith("Broker.Host.Security.", StringComparison.Ordinal)
                || type.StartsWith("Broker.Host.Access.", StringComparison.Ordinal));
            var start = new ProcessStartInfo(Path.Combine(folder.FullName, Path.GetFileName(Environment.ProcessPath!)), arguments);
            start.Environment[Mark] = "1";
            using Process process = Process.Start(start)!;
            process.WaitForExit();
            return process.ExitCode;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Instrument(string path, Func<string, bool> includes)
    {
        if (!Fuzzer.Instrument(path, includes, Options.Value).Any()) throw new InvalidOperationException($"Nothing in {path} was instrumented");
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (string folder in Directory.EnumerateDirectories(from)) Copy(folder, Directory.CreateDirectory(Path.Combine(to, Path.GetFileName(folder))).FullName);
    }
}

using System.Diagnostics;
using System.Globalization;

namespace Broker.Crash;

/// <summary>
/// A disk whose power can be cut: a file system in a file. What was not synced is in the system's memory only, so a copy of the file
/// is what a loss of power leaves. Needs Linux, root, loop devices and mkfs.ext4.
/// </summary>
internal sealed class LoopDisk : IDisposable
{
    private const int Megabytes = 768; // more than Storage:MinFree; what is not used takes no room
    private const string Options = "loop,commit=300"; // the file system writes nothing by itself meanwhile

    private readonly string _folder = Directory.CreateTempSubdirectory("broker-disk-").FullName;
    private int _generation;

    private LoopDisk()
    {
        Run("truncate", "-s", $"{Megabytes}M", Image);
        Run("mkfs.ext4", "-q", "-F", Image);
        Directory.CreateDirectory(MountPoint);
        Run("mount", "-o", Options, Image, MountPoint);
    }

    /// <summary>Where it is mounted.</summary>
    public string MountPoint => Path.Combine(_folder, "disk");

    private string Image => Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"image-{_generation}"));

    /// <summary>Makes one; null where that is not possible, with the reason.</summary>
    public static LoopDisk? TryCreate(out string reason)
    {
        reason = "";
        try
        {
            return new LoopDisk();
        }
        catch (Exception e) when (e is IOException or System.ComponentModel.Win32Exception)
        {
            reason = e.Message;
            return null;
        }
    }

    /// <summary>The power is lost while the broker works: it is stopped where it stands, and sees nothing of the disk that is there afterwards.</summary>
    public void Cut(Process broker)
    {
        string before = Image;
        Run("kill", "-STOP", broker.Id.ToString(CultureInfo.InvariantCulture));
        while (!IsStopped(broker.Id)) Thread.Sleep(1); // a sync that is on its way ends first, or the copy would be of no one moment
        _generation++;
        Run("cp", "--sparse=always", before, Image);
        broker.Kill();
        broker.WaitForExit();
        Run("umount", MountPoint);
        File.Delete(before);
        Run("mount", "-o", Options, Image, MountPoint);
    }

    public void Dispose()
    {
        Run("umount", MountPoint);
        Directory.Delete(_folder, recursive: true);
    }

    private static bool IsStopped(int process) =>
        Directory.GetDirectories($"/proc/{process}/task").All(thread => File.ReadAllText(Path.Combine(thread, "stat")).Split(") ")[^1].StartsWith('T'));

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!; // it is there, or this throws
        string fault = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new IOException($"{program}: {fault}");
    }
}

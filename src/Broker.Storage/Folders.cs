using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Broker.Storage;

/// <summary>Makes folders so that they are still there after a loss of power.</summary>
internal static partial class Folders
{
    /// <summary>Makes a folder and those above it, and has the disk confirm each new name.</summary>
    /// <remarks>A file's own sync says nothing of the folders above it. The engine syncs the folder itself when it makes its files.</remarks>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Create(string folder)
    {
        List<string> above = [];
        for (string path = Path.GetFullPath(folder); !Directory.Exists(path) && Path.GetDirectoryName(path) is { } parent; path = parent) above.Add(parent);
        Directory.CreateDirectory(folder);
        if (OperatingSystem.IsWindows()) return; // NTFS keeps names in its own journal
        foreach (string parent in above) Sync(parent);
    }

    private static void Sync(string folder)
    {
        int descriptor = Open(folder, 0);
        if (descriptor < 0) throw Fault(folder);
        int result = FSync(descriptor);
        IOException? fault = result < 0 ? Fault(folder) : null;
        _ = Close(descriptor);
        if (fault is not null) throw fault;
    }

    private static IOException Fault(string folder) =>
        new($"The folder {folder} cannot be synced: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}

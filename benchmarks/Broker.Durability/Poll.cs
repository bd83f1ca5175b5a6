using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Broker.Durability;

/// <summary>Waits for many sockets on one thread, so that the load takes as little of the machine as it can.</summary>
internal static partial class Poll
{
    public const short Readable = 1;
    private const int Interrupted = 4;

    /// <summary>Waits until one of them has something, or the time is over.</summary>
    public static void Wait(Entry[] entries, int milliseconds)
    {
        if (WaitFor(entries, (nuint)entries.Length, milliseconds) >= 0) return;
        int error = Marshal.GetLastPInvokeError();
        if (error != Interrupted) throw new Win32Exception(error);
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int WaitFor([In, Out] Entry[] entries, nuint count, int milliseconds);

    /// <summary>A socket, what is wanted to be known of it, and what is so.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Entry
    {
        public int Descriptor;
        public short Wanted;
        public short Found;
    }
}

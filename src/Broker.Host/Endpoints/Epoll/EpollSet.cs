using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Broker.Host.Endpoints.Epoll;

/// <summary>A set of descriptors that one thread waits for, and a bell that others ring to end its waiting.</summary>
/// <remarks>Threading: <see cref="Ring"/> from anywhere; the rest by the thread that waits. Owner: the loop.</remarks>
internal sealed unsafe partial class EpollSet : IDisposable
{
    /// <summary>The number under which the bell is told.</summary>
    public const int Bell = -1;

    private const int MaxEvents = 512;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int Add1 = 1;
    private const int Delete = 2;

    // struct epoll_event { uint32_t events; uint64_t data; }, packed on x86 only.
    private static readonly int _stride = IsPacked ? 12 : 16;
    private static readonly int _dataOffset = IsPacked ? 4 : 8;

    private readonly int _epoll;
    private readonly int _bell;
    private readonly byte* _events;

    /// <summary>Creates it with nothing but the bell.</summary>
    /// <exception cref="Win32Exception">The system has no descriptor left for it.</exception>
    public EpollSet()
    {
        _epoll = Check(CreateCore(CloseOnExec), "epoll_create1");
        _bell = EventFd(0, CloseOnExec | NonBlocking);
        if (_bell < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            _ = CloseCore(_epoll);
            throw new Win32Exception(error, $"eventfd: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        _events = (byte*)NativeMemory.Alloc((nuint)(MaxEvents * _stride));
        Control(Add1, _bell, Bell, EpollEvents.Readable | EpollEvents.EdgeTriggered);
    }

    private static bool IsPacked => RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86;

    /// <summary>Adds a descriptor.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="number">What it is told as; 0 or more.</param>
    /// <param name="events">What to tell.</param>
    /// <exception cref="Win32Exception">The kernel has no memory for it.</exception>
    public void Add(int descriptor, int number, EpollEvents events) => Control(Add1, descriptor, number, events);

    /// <summary>Takes a descriptor out. One that was closed has left by itself: that it is not there is no fault.</summary>
    public void Remove(int descriptor)
    {
        byte* nothing = stackalloc byte[16]; // old kernels want one
        _ = ControlCore(_epoll, Delete, descriptor, nothing);
    }

    /// <summary>Waits until something happens.</summary>
    /// <param name="timeoutMilliseconds">How long at most; 0 only looks, -1 has no end.</param>
    /// <returns>How many events <see cref="this[int]"/> has.</returns>
    /// <exception cref="Win32Exception">Waiting is not possible, which is a fault of ours.</exception>
    public int Wait(int timeoutMilliseconds)
    {
        int count = WaitCore(_epoll, _events, MaxEvents, timeoutMilliseconds);
        if (count >= 0) return count;
        return Marshal.GetLastPInvokeError() == LinuxSocket.Interrupted ? 0 : Check(count, "epoll_wait");
    }

    /// <summary>An event of the last <see cref="Wait"/>.</summary>
    public (int Number, EpollEvents Events) this[int index]
    {
        get
        {
            byte* one = _events + (index * _stride);
            return ((int)*(long*)(one + _dataOffset), (EpollEvents)(*(uint*)one));
        }
    }

    /// <summary>Ends the waiting. Never blocks, never fails: a counter that is full has been rung enough.</summary>
    public void Ring()
    {
        ulong one = 1;
        _ = WriteCore(_bell, &one, sizeof(ulong));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = CloseCore(_bell);
        _ = CloseCore(_epoll);
        NativeMemory.Free(_events);
    }

    private static int Check(int result, string call)
    {
        if (result >= 0) return result;
        int error = Marshal.GetLastPInvokeError();
        throw new Win32Exception(error, $"{call}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    private void Control(int operation, int descriptor, int number, EpollEvents events)
    {
        byte* one = stackalloc byte[16]; // an epoll_event, however it is packed
        *(uint*)one = (uint)events;
        *(long*)(one + _dataOffset) = number;
        Check(ControlCore(_epoll, operation, descriptor, one), "epoll_ctl");
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int CreateCore(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int ControlCore(int epoll, int operation, int descriptor, byte* one);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int WaitCore(int epoll, byte* events, int maxEvents, int timeout);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFd(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint WriteCore(int descriptor, void* bytes, nuint count);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseCore(int descriptor);
}

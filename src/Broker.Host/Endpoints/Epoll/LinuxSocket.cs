using System.Net;
using System.Runtime.InteropServices;

namespace Broker.Host.Endpoints.Epoll;

/// <summary>The system calls of a connected TCP socket, by its descriptor; none of them blocks.</summary>
/// <remarks>Errors are the system's own numbers, which the classes of .NET do not show: they are compared on the hot path.</remarks>
internal static partial class LinuxSocket
{
    public const int Interrupted = 4; // EINTR
    public const int WouldBlock = 11; // EAGAIN
    public const int TooManyInSystem = 23; // ENFILE
    public const int TooMany = 24; // EMFILE
    public const int ConnectionAborted = 103; // ECONNABORTED
    public const int NoBuffers = 105; // ENOBUFS
    public const int NoMemory = 12; // ENOMEM

    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int CloseOnExec = 0x80000;
    private const int Write = 1;
    private const int SocketLevel = 1;
    private const int LingerOption = 13;
    private const int AddressBytes = 28; // sockaddr_in6, the longer of the two
    private const int InterNetwork = 2;

    /// <summary>Receives what there is.</summary>
    /// <returns>The bytes received; 0 at the end; below 0 the negative error number.</returns>
    public static unsafe int Receive(int socket, Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            nint count = RecvCore(socket, bytes, (nuint)buffer.Length, DontWait);
            return count >= 0 ? (int)count : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Sends what the system takes.</summary>
    /// <returns>The bytes taken; below 0 the negative error number.</returns>
    public static unsafe int Send(int socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
        {
            nint count = SendCore(socket, first, (nuint)bytes.Length, DontWait | NoSignal);
            return count >= 0 ? (int)count : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Takes a connection that waits at a listener.</summary>
    /// <param name="listener">The listener's descriptor.</param>
    /// <param name="peer">Who it is; null where there is none.</param>
    /// <returns>Its descriptor; below 0 the negative error number.</returns>
    public static unsafe int Accept(int listener, out IPEndPoint? peer)
    {
        byte* address = stackalloc byte[AddressBytes]; // sockaddr: the kernel writes into it
        int length = AddressBytes;
        int socket = AcceptCore(listener, address, &length, CloseOnExec);
        peer = socket >= 0 ? Peer(new ReadOnlySpan<byte>(address, Math.Clamp(length, 0, AddressBytes))) : null;
        return socket >= 0 ? socket : -Marshal.GetLastPInvokeError();
    }

    /// <summary>Tells the peer that nothing more comes. That it may be gone already does not matter.</summary>
    public static void FinishSending(int socket) => _ = ShutdownCore(socket, Write);

    /// <summary>Gives the descriptor back, by a reset if <paramref name="isReset"/>: what the peer has not taken is dropped.</summary>
    public static void Close(int socket, bool isReset)
    {
        if (isReset) _ = SetOption(socket, SocketLevel, LingerOption, new Linger(1, 0), sizeof(int) * 2);
        _ = CloseCore(socket);
    }

    /// <summary>Makes the system take no more bytes while this many wait there unsent.</summary>
    public static void KeepUnsentShort(int socket, int bytes) => _ = SetOption(socket, SocketTuning.TcpLevel, SocketTuning.TcpNotSentLowatOption, bytes, sizeof(int));

    private static IPEndPoint? Peer(ReadOnlySpan<byte> address)
    {
        if (address.Length < 8) return null;
        int family = BitConverter.ToUInt16(address);
        int port = (address[2] << 8) | address[3];
        if (family == InterNetwork) return new IPEndPoint(new IPAddress(address.Slice(4, 4)), port);
        if (address.Length < AddressBytes) return null;
        var v6 = new IPAddress(address.Slice(8, 16), BitConverter.ToUInt32(address[24..]));
        return new IPEndPoint(v6.IsIPv4MappedToIPv6 ? v6.MapToIPv4() : v6, port);
    }

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static unsafe partial nint RecvCore(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static unsafe partial nint SendCore(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    private static unsafe partial int AcceptCore(int socket, byte* address, int* length, int flags);

    [LibraryImport("libc", EntryPoint = "shutdown")]
    private static partial int ShutdownCore(int socket, int how);

    [LibraryImport("libc", EntryPoint = "setsockopt")]
    private static partial int SetOption(int socket, int level, int option, in Linger value, int length);

    [LibraryImport("libc", EntryPoint = "setsockopt")]
    private static partial int SetOption(int socket, int level, int option, in int value, int length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseCore(int descriptor);

    private readonly record struct Linger(int OnOff, int Seconds);
}

using System.Net;
using System.Net.Sockets;

namespace Broker.Host.Endpoints;

/// <summary>The options of the broker's sockets.</summary>
internal static class SocketTuning
{
    /// <summary>How many connections may wait to be accepted: a whole fleet that reconnects at once.</summary>
    public const int Backlog = 4_096;

    /// <summary>
    /// Bytes that may wait unsent in the system for a client that is sent changes only; what is on its way does not count, so it
    /// caps no fast reader.
    /// </summary>
    public const int UnsentBytes = 16_384;

    /// <summary>The level of TCP's own options.</summary>
    public const int TcpLevel = 6;

    /// <summary>Linux's TCP_NOTSENT_LOWAT.</summary>
    public const int TcpNotSentLowatOption = 25;

    private const int TcpUserTimeoutOption = 18;
    private const int TcpUserTimeoutMilliseconds = 30_000;

    /// <summary>Sets what every connection of a listener is to have; the system hands it on to accepted sockets.</summary>
    /// <remarks>
    /// The send buffer's size stays the kernel's choice: it grows with what the path can take, and a peer that does not read is
    /// bounded by its session's queue. A fixed size would cap every fast reader at buffer / round-trip time. Who is sent changes only
    /// gets another bound: see <see cref="TryKeepUnsentShort"/>.
    /// </remarks>
    public static void Prepare(Socket listener)
    {
        // Packets are gathered into batches already; waiting for more would only add delay.
        listener.NoDelay = true;

        // Finds peers that vanished without a word, also those that chose no MQTT keep alive: 60 s + 3 x 10 s.
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        listener.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);
        listener.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
        listener.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);

        // Sent bytes that nobody acknowledges end the connection after 30 s instead of the kernel's 15 minutes.
        if (OperatingSystem.IsLinux()) listener.SetRawSocketOption(TcpLevel, TcpUserTimeoutOption, BitConverter.GetBytes(TcpUserTimeoutMilliseconds));
    }

    /// <summary>Sets what an accepted socket did not inherit.</summary>
    public static void Tune(Socket accepted)
    {
        if (OperatingSystem.IsLinux()) return;
        Prepare(accepted);
    }

    /// <summary>
    /// Makes the system refuse more bytes as soon as <see cref="UnsentBytes"/> wait there: the rest waits in the broker, where newer
    /// values replace it. False where the system knows no such bound (it is Linux's), or the socket is gone already.
    /// </summary>
    public static bool TryKeepUnsentShort(Socket socket)
    {
        if (!OperatingSystem.IsLinux()) return false;
        try
        {
            socket.SetRawSocketOption(TcpLevel, TcpNotSentLowatOption, BitConverter.GetBytes(UnsentBytes));
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>An address as people write it: an IPv4 peer of a socket for both families is no IPv6 address.</summary>
    public static EndPoint? Readable(EndPoint? peer) =>
        peer is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port) : peer;

    /// <summary>Ends one or both directions; false where the socket is gone already, so that there is nothing left to end.</summary>
    public static bool TryShutdown(Socket socket, SocketShutdown how)
    {
        try
        {
            socket.Shutdown(how);
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Makes the coming close one that drops what the peer has not taken; false where the socket is gone already.</summary>
    public static bool TryReset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}

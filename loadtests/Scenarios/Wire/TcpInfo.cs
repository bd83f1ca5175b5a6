using System.Buffers.Binary;
using System.Net.Sockets;

namespace Broker.LoadTests.Wire;

/// <summary>The kernel's own count of what a connection moved (Linux; tcp_info of linux/tcp.h).</summary>
public static class TcpInfo
{
    private const int ProtocolTcp = 6;
    private const int OptionTcpInfo = 11;
    private const int BytesReceivedAt = 128;
    private const int SegmentsOutAt = 136;
    private const int SegmentsInAt = 140;
    private const int BytesSentAt = 200;

    /// <summary>What the connection moved so far, or null where the system does not tell.</summary>
    public static WireBytes? Read(Socket socket)
    {
        if (!OperatingSystem.IsLinux()) return null;
        Span<byte> info = stackalloc byte[256];
        try
        {
            int length = socket.GetRawSocketOption(ProtocolTcp, OptionTcpInfo, info);
            if (length < BytesSentAt + sizeof(long)) return null;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null; // closed meanwhile
        }

        return new WireBytes(
            BinaryPrimitives.ReadInt64LittleEndian(info[BytesReceivedAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(info[BytesSentAt..]),
            BinaryPrimitives.ReadInt32LittleEndian(info[SegmentsInAt..]),
            BinaryPrimitives.ReadInt32LittleEndian(info[SegmentsOutAt..]));
    }
}

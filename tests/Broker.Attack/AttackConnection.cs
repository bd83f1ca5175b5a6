using System.Net;
using System.Net.Sockets;

namespace Broker.Attack;

/// <summary>A connection that an attacker has. What the broker sends is cut into packets, and no more is understood than its type and its reason code.</summary>
internal sealed class AttackConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[65_536];
    private byte[] _held = [];

    /// <summary>The reason code that came last with CONNACK or DISCONNECT.</summary>
    public int? LastReason { get; private set; }

    public Task OpenAsync(int port, CancellationToken deadline) => _socket.ConnectAsync(IPAddress.Loopback, port, deadline).AsTask();

    /// <summary>Sends; a broker that has hung up is no fault of the attacker's.</summary>
    public async Task SendAsync(byte[] bytes, int segment, CancellationToken deadline)
    {
        try
        {
            for (int at = 0; at < bytes.Length; at += segment) await SendAllAsync(bytes.AsMemory(at, Math.Min(segment, bytes.Length - at)), deadline);
        }
        catch (SocketException)
        {
            // What is expected is looked at afterwards.
        }
    }

    /// <summary>The next packet, or null at the end of the connection.</summary>
    public async Task<AttackPacket?> NextAsync(CancellationToken deadline)
    {
        while (true)
        {
            if (AttackPacket.TryCut(ref _held) is { } packet)
            {
                if (packet.Name is "connack" or "disconnect") LastReason = packet.Reason;
                return packet;
            }

            int count;
            try
            {
                count = await _socket.ReceiveAsync(_buffer, deadline);
            }
            catch (SocketException)
            {
                count = 0; // reset is closed too
            }

            if (count == 0) return null;
            _held = [.. _held, .. _buffer.AsSpan(0, count)];
        }
    }

    /// <summary>Reads what is no MQTT, to the end or as long as the deadline is not over.</summary>
    public async Task<string> TextAsync(CancellationToken deadline)
    {
        int count = await _socket.ReceiveAsync(_buffer, deadline);
        return System.Text.Encoding.Latin1.GetString(_buffer, 0, count);
    }

    /// <summary>Ends the connection with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, 0);
        _socket.Close();
    }

    public void Dispose() => _socket.Dispose();

    private async Task SendAllAsync(ReadOnlyMemory<byte> bytes, CancellationToken deadline)
    {
        while (bytes.Length > 0) bytes = bytes[await _socket.SendAsync(bytes, deadline)..];
    }
}

using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Broker.Attack;

/// <summary>A connection that an attacker has. What the broker sends is cut into packets, and no more is understood than its type and its reason code.</summary>
internal sealed class AttackConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[65_536];
    private Stream _stream = Stream.Null;
    private byte[] _held = [];

    /// <summary>The reason code that came last with CONNACK or DISCONNECT.</summary>
    public int? LastReason { get; private set; }

    /// <summary>Connects.</summary>
    /// <param name="port">Where to, on this machine.</param>
    /// <param name="from">Which of this machine's addresses it seems to come from; null for the usual one.</param>
    /// <param name="deadline">Ends it.</param>
    public async Task OpenAsync(int port, IPAddress? from, CancellationToken deadline)
    {
        if (from is not null) _socket.Bind(new IPEndPoint(from, 0));
        await _socket.ConnectAsync(IPAddress.Loopback, port, deadline);
        _stream = new NetworkStream(_socket, ownsSocket: false);
    }

    /// <summary>Shakes hands; a broker that will not is looked at as one that hung up.</summary>
    public async Task SecureAsync(SslClientAuthenticationOptions options, CancellationToken deadline)
    {
        var tls = new SslStream(_stream);
        try
        {
            await tls.AuthenticateAsClientAsync(options, deadline);
            _stream = tls;
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            await tls.DisposeAsync();
            _stream = Stream.Null;
        }
    }

    /// <summary>Sends; a broker that has hung up is no fault of the attacker's.</summary>
    public async Task SendAsync(byte[] bytes, int segment, CancellationToken deadline)
    {
        try
        {
            for (int at = 0; at < bytes.Length; at += segment) await _stream.WriteAsync(bytes.AsMemory(at, Math.Min(segment, bytes.Length - at)), deadline);
        }
        catch (IOException)
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

            ReadOnlyMemory<byte> came = await ReadAsync(deadline);
            if (came.Length == 0) return null;
            _held = [.. _held, .. came.Span];
        }
    }

    /// <summary>The next bytes, where they are no MQTT; none at the end of the connection.</summary>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(CancellationToken deadline)
    {
        try
        {
            return _buffer.AsMemory(0, await _stream.ReadAsync(_buffer, deadline));
        }
        catch (IOException)
        {
            return default; // reset is closed too
        }
    }

    /// <summary>Ends the connection with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, 0);
        _socket.Close();
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }
}

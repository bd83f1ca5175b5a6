using System.Net;
using System.Net.Sockets;

namespace Broker.Durability;

/// <summary>One connection of the load, driven by the one thread of it.</summary>
internal abstract class LoadConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _input = new byte[65_536];
    private byte[] _output = new byte[65_536];
    private int _held;
    private int _waiting;

    protected LoadConnection(int port, string clientId)
    {
        _socket.Connect(IPAddress.Loopback, port);
        _socket.Send(Wire.Connect(clientId));
        Expect(0x20);
    }

    public int Descriptor => (int)_socket.SafeHandle.DangerousGetHandle();

    /// <summary>Takes what came, and sends what follows from it in one piece.</summary>
    public void Receive()
    {
        int count = _socket.Receive(_input.AsSpan(_held));
        if (count == 0) throw new IOException("The broker closed a connection");
        _held += count;
        int at = 0;
        while (Wire.TryFrame(_input.AsSpan(at, _held - at), out int length, out int body))
        {
            Take(_input[at], _input.AsSpan(at + body, length - body));
            at += length;
        }

        _input.AsSpan(at, _held - at).CopyTo(_input);
        _held -= at;
        Flush();
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Takes one packet.</summary>
    protected abstract void Take(byte first, ReadOnlySpan<byte> body);

    /// <summary>Room for a packet that is to be sent.</summary>
    protected Span<byte> Reserve(int bytes)
    {
        if (_waiting + bytes > _output.Length) Array.Resize(ref _output, 2 * _output.Length);
        _waiting += bytes;
        return _output.AsSpan(_waiting - bytes, bytes);
    }

    /// <summary>Sends what waits.</summary>
    protected void Flush()
    {
        if (_waiting > 0) _socket.Send(_output.AsSpan(0, _waiting));
        _waiting = 0;
    }

    /// <summary>Sends a packet and waits for its answer.</summary>
    protected void Ask(byte[] packet, byte answer)
    {
        _socket.Send(packet);
        Expect(answer);
    }

    private void Expect(byte first)
    {
        int held = 0;
        while (!Wire.TryFrame(_input.AsSpan(0, held), out _, out _)) held += _socket.Receive(_input.AsSpan(held, 1)); // not a byte of the next packet
        if (_input[0] != first) throw new IOException($"The broker sent {_input[0]:X2} where {first:X2} was due");
    }
}

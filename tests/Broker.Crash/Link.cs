using System.Net;
using System.Net.Sockets;
using Broker.Core.Protocol;
using Broker.Testing.Wire;

namespace Broker.Crash;

/// <summary>One connection of a client of the campaign; every end of it is an <see cref="IOException"/>.</summary>
internal sealed class Link : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[262_144];
    private int _length;
    private int _start;

    private Link(Socket socket) => _socket = socket;

    /// <summary>Connects and gives what CONNACK says; null if nobody listens or the broker refuses.</summary>
    public static Link? TryConnect(int port, ConnectOptions options, out bool isPresent)
    {
        isPresent = false;
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var link = new Link(socket);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            link.Send(ClientPackets.Connect(options));
            if (link.Receive(TimeSpan.FromSeconds(10)) is ServerPacket.ConnAck { ReasonCode: ReasonCode.Success } answer)
            {
                isPresent = answer.SessionPresent;
                return link;
            }
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // The broker is not there at this moment: the caller tries again.
        }

        link.Dispose();
        return null;
    }

    public void Send(byte[] packet)
    {
        try
        {
            _socket.Send(packet);
        }
        catch (SocketException e)
        {
            throw new IOException("gone", e);
        }
    }

    /// <summary>The next packet; null if none comes in time.</summary>
    public ServerPacket? Receive(TimeSpan patience)
    {
        while (true)
        {
            if (ServerPackets.Decode(_buffer.AsSpan(_start, _length), v5: true, out int consumed) is { } packet)
            {
                _start += consumed;
                _length -= consumed;
                if (_length == 0) _start = 0;
                return packet;
            }

            if (_start > _buffer.Length / 2)
            {
                _buffer.AsSpan(_start, _length).CopyTo(_buffer);
                _start = 0;
            }

            try
            {
                if (!_socket.Poll(patience, SelectMode.SelectRead)) return null;
                int count = _socket.Receive(_buffer.AsSpan(_start + _length));
                if (count == 0) throw new IOException("closed");
                _length += count;
            }
            catch (SocketException e)
            {
                throw new IOException("gone", e);
            }
        }
    }

    public void Dispose() => _socket.Dispose();
}

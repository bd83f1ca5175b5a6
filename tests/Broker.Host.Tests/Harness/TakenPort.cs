using System.Net;
using System.Net.Sockets;

namespace Broker.Host.Tests.Harness;

/// <summary>A port that is in use as long as this lives.</summary>
internal sealed class TakenPort : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);

    public TakenPort()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _socket.Listen();
    }

    public int Number => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    public void Dispose() => _socket.Dispose();
}

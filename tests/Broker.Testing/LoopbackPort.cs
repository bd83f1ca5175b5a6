using System.Net;
using System.Net.Sockets;

namespace Broker.Testing;

/// <summary>Ports of this machine, for programs that have to be told theirs.</summary>
public static class LoopbackPort
{
    /// <summary>A port that is free at this moment; somebody else may take it the next.</summary>
    public static int Free()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port; // it is bound
    }
}

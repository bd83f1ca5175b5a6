using System.Net;
using System.Net.Sockets;

namespace Broker.Host.Endpoints;

/// <summary>The address of a socket that is bound already, for a transport that would bind one itself.</summary>
internal sealed class BoundSocketEndPoint(BoundEndpoint bound, Socket socket) : EndPoint
{
    /// <summary>The socket, which listens. The transport listens by itself, too, which changes nothing; here a failure can still be told with its endpoint's name.</summary>
    /// <exception cref="EndpointException">Somebody else listens there since it was bound.</exception>
    public Socket Listen()
    {
        bound.Listen(socket);
        return socket;
    }

    /// <inheritdoc/>
    public override string ToString() => socket.LocalEndPoint?.ToString() ?? bound.Address;
}

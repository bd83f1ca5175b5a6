using System.Net;
using System.Net.Sockets;
using Broker.Host.Configuration;

namespace Broker.Host.Endpoints;

/// <summary>
/// An endpoint whose addresses are claimed. Nobody can connect before somebody listens on its sockets; binding first, all
/// endpoints alike, finds a port in use before anything is started.
/// </summary>
/// <remarks>Owner: whoever bound it disposes it, which closes the sockets.</remarks>
internal sealed class BoundEndpoint : IDisposable
{
    private ConfiguredEndpoint _endpoint;

    private BoundEndpoint(ConfiguredEndpoint endpoint, IReadOnlyList<Socket> sockets)
    {
        _endpoint = endpoint;
        Sockets = sockets;
        LocalEndPoints = [.. sockets.Select(socket => (IPEndPoint)socket.LocalEndPoint!)]; // bound, so each has one
        Address = $"{endpoint.Url.Scheme}://{(endpoint.Url.Host == "localhost" ? $"localhost:{LocalEndPoints[0].Port}" : LocalEndPoints[0].ToString())}";
    }

    /// <summary>What it was made from; its options may change while it listens.</summary>
    public ConfiguredEndpoint Endpoint
    {
        get => Volatile.Read(ref _endpoint);
        set => Volatile.Write(ref _endpoint, value);
    }

    /// <summary>One bound socket per address.</summary>
    public IReadOnlyList<Socket> Sockets { get; }

    /// <summary>The real address of each socket.</summary>
    public IReadOnlyList<IPEndPoint> LocalEndPoints { get; }

    /// <summary>The real address for people, with the port that a 0 became.</summary>
    public string Address { get; }

    /// <summary>Binds every endpoint, or none.</summary>
    /// <exception cref="EndpointException">One cannot be bound.</exception>
    public static IReadOnlyList<BoundEndpoint> BindAll(IEnumerable<ConfiguredEndpoint> endpoints)
    {
        var bound = new List<BoundEndpoint>();
        try
        {
            foreach (ConfiguredEndpoint endpoint in endpoints) bound.Add(Bind(endpoint));
            return bound;
        }
        catch (EndpointException)
        {
            foreach (BoundEndpoint endpoint in bound) endpoint.Dispose();
            throw;
        }
    }

    /// <summary>Begins to listen on one of its sockets.</summary>
    /// <exception cref="EndpointException">Somebody else did so since it was bound.</exception>
    public void Listen(Socket socket)
    {
        try
        {
            socket.Listen(SocketTuning.Backlog);
        }
        catch (SocketException e)
        {
            throw Explain(Endpoint, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Socket socket in Sockets) socket.Dispose();
    }

    // Makes the operating system's answer one that names the endpoint.
    private static EndpointException Explain(ConfiguredEndpoint endpoint, SocketException e)
    {
        string what = e.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => "is already in use by another program; stop that one, or choose another port",
            SocketError.AccessDenied => "may not be used by this user; ports below 1024 are usually reserved, choose a higher one",
            SocketError.AddressNotAvailable => "is not an address of this machine",
            _ => $"cannot be listened on: {e.Message}",
        };
        return new EndpointException($"{endpoint.Key}: {endpoint.Url} {what}", e);
    }

    private static BoundEndpoint Bind(ConfiguredEndpoint endpoint)
    {
        var sockets = new List<Socket>();
        int port = endpoint.Url.Port;
        try
        {
            foreach (IPAddress address in endpoint.Url.Addresses)
            {
                if (TryBind(address, port, mayLack: sockets.Count > 0 || endpoint.Url.Host == "*") is { } socket) sockets.Add(socket);
                if (sockets.Count > 0) port = ((IPEndPoint)sockets[0].LocalEndPoint!).Port; // localhost has one port on both its addresses
            }

            if (sockets.Count == 0) sockets.Add(TryBind(IPAddress.Any, port, mayLack: false)!); // it binds or throws
            return new BoundEndpoint(endpoint, sockets);
        }
        catch (SocketException e)
        {
            foreach (Socket socket in sockets) socket.Dispose();
            throw Explain(endpoint, e);
        }
    }

    // Null where the machine has no such address and does not need to: ::1 beside 127.0.0.1, IPv6 behind "*".
    private static Socket? TryBind(IPAddress address, int port, bool mayLack)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            if (OperatingSystem.IsWindows()) socket.ExclusiveAddressUse = true;
            socket.Bind(new IPEndPoint(address, port));
            return socket;
        }
        catch (SocketException e) when (mayLack && e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
        {
            socket?.Dispose();
            return null;
        }
        catch (SocketException)
        {
            socket?.Dispose();
            throw;
        }
    }
}

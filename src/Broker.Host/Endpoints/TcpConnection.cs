using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Broker.Core.Connections;

namespace Broker.Host.Endpoints;

/// <summary>
/// A plain TCP connection that has no task, timer or buffer of its own while nothing happens: <see cref="TcpReceiver"/> waits
/// for bytes with an empty receive and takes them into a buffer of the thread, <see cref="TcpSender"/> sends from another one
/// in the thread that asked for it.
/// </summary>
/// <remarks>
/// Threading: receiving and sending are two sides, and each ends once. When both have ended, the broker's connection is told so:
/// neither Receive nor Drain ever runs beside Closed or after it. The socket may outlive that for a moment, so that the peer gets
/// to read the last bytes (<see cref="LingeringConnections"/>).
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The last side that ends releases what is held; nobody outside could know when.")]
internal sealed class TcpConnection : ITransport, ILingering
{
    private readonly Socket _socket;
    private readonly TcpServices _services;
    private readonly TcpReceiver _receiver;
    private readonly TcpSender _sender;
    private ClientConnection _connection = null!; // Start sets it before anything is received or sent
    private int _cause = -1;
    private int _openSides = 2;
    private int _openPhases = 2; // of the socket: the broker's use of it, and reading
    private volatile bool _released;

    private TcpConnection(Socket socket, TcpServices services)
    {
        _socket = socket;
        _services = services;
        _receiver = new TcpReceiver(this, socket, services.Logger);
        _sender = new TcpSender(this, socket, services.Logger);
    }

    /// <summary>Whether it is being taken down.</summary>
    public bool IsClosing => Volatile.Read(ref _cause) >= 0;

    /// <summary>Hands an accepted socket to the broker, which may refuse it.</summary>
    public static void Start(Socket socket, ConnectionInfo info, TcpServices services)
    {
        socket.Blocking = false;
        var transport = new TcpConnection(socket, services);
        if (services.Broker.Accept(transport, info) is not { } connection)
        {
            transport.Release();
            return;
        }

        transport._connection = connection;
        transport._sender.Open(connection);
        transport._receiver.Open(connection);
    }

    /// <inheritdoc/>
    public void RequestDrain() => _sender.Request();

    /// <inheritdoc/>
    public void ResumeReceive() => _receiver.Resume();

    /// <inheritdoc/>
    public void KeepUnsentShort() => SocketTuning.TryKeepUnsentShort(_socket);

    /// <inheritdoc/>
    public void Abort() => BeginClose(CloseCause.Local);

    /// <summary>Takes the connection down; the first cause is the one that counts.</summary>
    internal void BeginClose(CloseCause cause)
    {
        if (Interlocked.CompareExchange(ref _cause, (int)cause, -1) >= 0) return;

        // Wakes whichever side waits for the socket.
        SocketTuning.TryShutdown(_socket, SocketShutdown.Both);
        _sender.EndIfIdle();
        _receiver.EndIfIdle();
    }

    /// <summary>Everything was sent that the broker had to say: the peer is told, and has a moment to read it.</summary>
    internal void Finish()
    {
        if (Interlocked.CompareExchange(ref _cause, (int)CloseCause.Local, -1) >= 0) return;
        SocketTuning.TryShutdown(_socket, SocketShutdown.Send);
        _receiver.EndIfIdle();
    }

    /// <summary>One side is done with the broker's connection for good; the last one closes it.</summary>
    internal void EndSide()
    {
        if (Interlocked.Decrement(ref _openSides) > 0) return;

        // Never from inside RequestDrain: closing one connection can wake others, and a chain of them would have no bound.
        ThreadPool.UnsafeQueueUserWorkItem(static transport => transport.Close(), this, preferLocal: false);
    }

    /// <summary>The broker was told, or nothing is being read any more; after both the socket is given back.</summary>
    internal void EndPhase()
    {
        if (Interlocked.Decrement(ref _openPhases) == 0) Release();
    }

    /// <summary>There are bytes to send that may be left from what was received.</summary>
    internal void SendLast() => _sender.Request();

    /// <summary>The peer had its moment.</summary>
    public void EndLinger()
    {
        if (!_released) SocketTuning.TryShutdown(_socket, SocketShutdown.Both);
    }

    private void Close()
    {
        try
        {
            _connection.Closed((CloseCause)_cause);
        }
        catch (Exception e)
        {
            // A fault of ours; the socket is given back all the same.
            HostLog.ConnectionFaulted(_services.Logger, e);
        }

        if (_sender.IsFinished)
        {
            _services.Lingering.Add(this);
            _receiver.BeginDiscard();
        }
        else if (_receiver.HasEnded)
        {
            EndPhase();
        }

        EndPhase();
    }

    private void Release()
    {
        _released = true;
        _receiver.Dispose();
        _sender.Dispose();
        _socket.Dispose();
    }
}

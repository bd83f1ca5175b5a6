using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Broker.Core.Connections;

namespace Broker.Host.Endpoints;

/// <summary>
/// A plain TCP connection that has no task, timer or buffer of its own while nothing happens: it waits for bytes with an empty
/// receive, then takes them into a buffer of the thread, and sends from another one in the thread that asked for it.
/// </summary>
/// <remarks>
/// Threading: each of reading and sending has one owner at a time, told by its state. Each ends once; when both have ended,
/// the broker's connection is told so: neither Receive nor Drain ever runs beside Closed or after it. The socket may outlive
/// that for a moment, so that the peer gets to read the last bytes (<see cref="LingeringConnections"/>).
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The last side that ends releases what is held; nobody outside could know when.")]
internal sealed class TcpConnection : ITransport, IThreadPoolWorkItem
{
    private const int ReceiveBytes = 65_536;

    // Then others get their turn: a client that sends as fast as it can must not keep a thread for itself.
    private const int ReceivesPerTurn = 16;

    [ThreadStatic]
    private static byte[]? _threadBuffer;

    private readonly Socket _socket;
    private readonly TcpServices _services;
    private readonly TcpSender _sender;
    private readonly ReadableEvent _readable;
    private ClientConnection _connection = null!; // Start sets it before anything is read or sent
    private int _reading = (int)ReadState.Reading;
    private bool _resumed; // whoever reads: the next Receive is the empty one after a pause
    private int _cause = -1;
    private int _openSides = 2;
    private int _openPhases = 2;

    private TcpConnection(Socket socket, TcpServices services)
    {
        _socket = socket;
        _services = services;
        _sender = new TcpSender(this, socket, services.Logger);
        _readable = new ReadableEvent(this);
    }

    private enum ReadState
    {
        /// <summary>A thread reads.</summary>
        Reading,

        /// <summary>A thread reads, and was told to resume before it even paused.</summary>
        ResumedEarly,

        /// <summary>Nobody reads until <see cref="ResumeReceive"/>.</summary>
        Paused,

        /// <summary>The system tells when there are bytes.</summary>
        Waiting,

        /// <summary>Like waiting or reading, but what comes is thrown away: the broker is done with this connection.</summary>
        Discarding,

        /// <summary>Nobody reads, and nobody will.</summary>
        Ended,
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
            socket.Dispose();
            return;
        }

        transport._connection = connection;
        transport._sender.Open(connection);
        transport.Read();
    }

    /// <inheritdoc/>
    public void RequestDrain() => _sender.Request();

    /// <inheritdoc/>
    public void ResumeReceive()
    {
        while (true)
        {
            if (TryRead(ReadState.Reading, ReadState.ResumedEarly)) return;
            if (TryRead(ReadState.Paused, ReadState.Reading))
            {
                // Not here: the caller may be inside another connection's Receive, which uses this thread's buffer.
                _resumed = true;
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }

            if ((ReadState)Volatile.Read(ref _reading) is not (ReadState.Reading or ReadState.Paused)) return;
        }
    }

    /// <inheritdoc/>
    public void Abort() => BeginClose(CloseCause.Local);

    /// <summary>Goes on reading or throwing away; the thread pool calls it.</summary>
    public void Execute()
    {
        if ((ReadState)Volatile.Read(ref _reading) == ReadState.Discarding) Discard();
        else Read();
    }

    /// <summary>Takes the connection down; the first cause is the one that counts.</summary>
    internal void BeginClose(CloseCause cause)
    {
        if (Interlocked.CompareExchange(ref _cause, (int)cause, -1) >= 0) return;

        // Wakes whichever side waits for the socket.
        SocketTuning.TryShutdown(_socket, SocketShutdown.Both);
        _sender.EndIfIdle();
        EndReading();
    }

    /// <summary>Everything was sent that the broker had to say: the peer is told, and has a moment to read it.</summary>
    internal void Finish()
    {
        if (Interlocked.CompareExchange(ref _cause, (int)CloseCause.Local, -1) >= 0) return;
        SocketTuning.TryShutdown(_socket, SocketShutdown.Send);
        EndReading();
    }

    /// <summary>One side is done with the broker's connection for good; the last one closes it.</summary>
    internal void EndSide()
    {
        if (Interlocked.Decrement(ref _openSides) > 0) return;

        // Never from inside RequestDrain: closing one connection can wake others, and a chain of them would have no bound.
        ThreadPool.UnsafeQueueUserWorkItem(static transport => transport.Close(), this, preferLocal: false);
    }

    /// <summary>The peer had its moment.</summary>
    internal void EndLinger() => SocketTuning.TryShutdown(_socket, SocketShutdown.Both);

    private void OnReadable()
    {
        if (TryRead(ReadState.Waiting, ReadState.Reading)) Read();
        else Discard();
    }

    // Owns reading.
    private void Read()
    {
        byte[] buffer = _threadBuffer ??= GC.AllocateUninitializedArray<byte>(ReceiveBytes, pinned: true);
        for (int i = 0; i < ReceivesPerTurn; i++)
        {
            if (!TryReceive(buffer, out int count, out bool mustWait)) return;
            if (mustWait && TryWait()) return;
            if (!mustWait && !TryHandIn(buffer.AsSpan(0, count))) return;

            // A buffer that is not full took everything there was, so the next look would only find nothing.
            if (count is > 0 and < ReceiveBytes && TryWait()) return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private bool TryReceive(byte[] buffer, out int count, out bool mustWait)
    {
        count = 0;
        mustWait = false;
        if (IsClosing) return EndRead();
        if (_resumed)
        {
            _resumed = false;
            return true;
        }

        count = _socket.Receive(buffer, SocketFlags.None, out SocketError error);
        mustWait = error == SocketError.WouldBlock;
        if (mustWait || (error == SocketError.Success && count > 0)) return true;
        BeginClose(error == SocketError.Success ? CloseCause.PeerClosed : CloseCause.NetworkError);
        return EndRead();
    }

    private bool TryHandIn(ReadOnlySpan<byte> bytes)
    {
        try
        {
            switch (_connection.Receive(bytes))
            {
                case ReceiveStatus.Continue: return true;
                case ReceiveStatus.Pause: return !TryPause();
                default:
                    EndRead();
                    _sender.Request();
                    return false;
            }
        }
        catch (Exception e)
        {
            // A fault of ours ends this one connection, loudly.
            HostLog.ConnectionFaulted(_services.Logger, e);
            BeginClose(CloseCause.NetworkError);
            return EndRead();
        }
    }

    // True when paused; false when reading goes on at once.
    private bool TryPause()
    {
        if (!TryRead(ReadState.Reading, ReadState.Paused))
        {
            Volatile.Write(ref _reading, (int)ReadState.Reading);
            _resumed = true;
            return false;
        }

        if (IsClosing) EndReading();
        return true;
    }

    // True when the system will call; false when there are bytes now.
    private bool TryWait()
    {
        Volatile.Write(ref _reading, (int)ReadState.Waiting);
        bool willCall = _socket.ReceiveAsync(_readable);
        if (willCall)
        {
            // Whoever closed in between found a reader that it could not stop.
            if (IsClosing) EndReading();
            return true;
        }

        if (TryRead(ReadState.Waiting, ReadState.Reading)) return false;
        Discard();
        return true;
    }

    // By whoever owns reading; false for the convenience of its caller.
    private bool EndRead()
    {
        Volatile.Write(ref _reading, (int)ReadState.Ended);
        EndSide();
        return false;
    }

    // By anybody who closes. A thread that is reading ends by itself when it sees that.
    private void EndReading()
    {
        if (TryRead(ReadState.Waiting, ReadState.Discarding) || TryRead(ReadState.Paused, ReadState.Ended)) EndSide();
    }

    private bool TryRead(ReadState from, ReadState to) => Interlocked.CompareExchange(ref _reading, (int)to, (int)from) == (int)from;

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

        bool mayLinger = _sender.IsFinished;
        if ((ReadState)Volatile.Read(ref _reading) == ReadState.Ended)
        {
            if (!mayLinger)
            {
                Release();
                return;
            }

            Volatile.Write(ref _reading, (int)ReadState.Discarding);
            _services.Lingering.Add(this);
            EndPhase();
            Discard();
            return;
        }

        if (mayLinger) _services.Lingering.Add(this);
        EndPhase();
    }

    // What still comes is read, so that the system need not answer it with a reset that would overtake the last bytes sent.
    private void Discard()
    {
        byte[] buffer = _threadBuffer ??= GC.AllocateUninitializedArray<byte>(ReceiveBytes, pinned: true);
        for (int i = 0; i < ReceivesPerTurn; i++)
        {
            int count = _socket.Receive(buffer, SocketFlags.None, out SocketError error);
            bool isOver = error == SocketError.Success ? count == 0 : error != SocketError.WouldBlock;
            if (isOver)
            {
                EndPhase();
                return;
            }

            if (error == SocketError.WouldBlock && _socket.ReceiveAsync(_readable)) return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    // The socket is given back when the broker was told and nothing is being read any more.
    private void EndPhase()
    {
        if (Interlocked.Decrement(ref _openPhases) == 0) Release();
    }

    private void Release()
    {
        _readable.Dispose();
        _sender.Release();
        _socket.Dispose();
    }

    private sealed class ReadableEvent : SocketAsyncEventArgs
    {
        private readonly TcpConnection _connection;

        public ReadableEvent(TcpConnection connection)
            : base(unsafeSuppressExecutionContextFlow: true)
        {
            _connection = connection;
            SetBuffer(Memory<byte>.Empty);
        }

        protected override void OnCompleted(SocketAsyncEventArgs e) => _connection.OnReadable();
    }
}

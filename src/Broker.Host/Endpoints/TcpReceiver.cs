using System.Net.Sockets;
using Broker.Core.Connections;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Endpoints;

/// <summary>The receiving side of a <see cref="TcpConnection"/>.</summary>
/// <remarks>
/// Threading: a thread that reads owns the receiving until it waits, pauses or ends. It is an event of the socket itself, so
/// that waiting needs no other object.
/// </remarks>
internal sealed class TcpReceiver : SocketAsyncEventArgs, IThreadPoolWorkItem
{
    private const int BufferBytes = 65_536;

    // Then others get their turn: a client that sends as fast as it can must not keep a thread for itself.
    private const int ReceivesPerTurn = 16;

    [ThreadStatic]
    private static byte[]? _threadBuffer;

    private readonly TcpConnection _transport;
    private readonly Socket _socket;
    private readonly ILogger _logger;
    private ClientConnection _connection = null!; // Open sets it before anything is received
    private int _state = (int)State.Reading;
    private bool _resumed; // whoever reads: the next Receive is the empty one after a pause

    /// <summary>Creates it; nothing is received before <see cref="Open"/>.</summary>
    public TcpReceiver(TcpConnection transport, Socket socket, ILogger logger)
        : base(unsafeSuppressExecutionContextFlow: true)
    {
        _transport = transport;
        _socket = socket;
        _logger = logger;
        SetBuffer(Memory<byte>.Empty);
    }

    private enum State
    {
        /// <summary>A thread reads.</summary>
        Reading,

        /// <summary>A thread reads, and was told to resume before it even paused.</summary>
        ResumedEarly,

        /// <summary>Nobody reads until <see cref="Resume"/>.</summary>
        Paused,

        /// <summary>The system tells when there are bytes.</summary>
        Waiting,

        /// <summary>Like waiting or reading, but what comes is thrown away: the broker is done with this connection.</summary>
        Discarding,

        /// <summary>Nobody reads.</summary>
        Ended,
    }

    /// <summary>Whether nobody reads, and nothing is waited for.</summary>
    public bool HasEnded => Volatile.Read(ref _state) == (int)State.Ended;

    /// <summary>Begins to receive.</summary>
    public void Open(ClientConnection connection)
    {
        _connection = connection;
        Read();
    }

    /// <summary>Reading may go on. Any thread.</summary>
    public void Resume()
    {
        while (true)
        {
            if (TryMove(State.Reading, State.ResumedEarly)) return;
            if (TryMove(State.Paused, State.Reading))
            {
                // Not here: the caller may be inside another connection's Receive, which uses this thread's buffer.
                _resumed = true;
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }

            if ((State)Volatile.Read(ref _state) is not (State.Reading or State.Paused)) return;
        }
    }

    /// <summary>Ends receiving if no thread is at it; a thread that is ends by itself when it sees that the transport closes.</summary>
    public void EndIfIdle()
    {
        if (TryMove(State.Waiting, State.Discarding) || TryMove(State.Paused, State.Ended)) _transport.EndSide();
    }

    /// <summary>Reads what still comes, so that the system need not answer it with a reset that would overtake the last bytes sent.</summary>
    public void BeginDiscard()
    {
        if (TryMove(State.Ended, State.Discarding)) Discard();
    }

    /// <summary>Goes on reading or throwing away; the thread pool calls it.</summary>
    public void Execute()
    {
        if (Volatile.Read(ref _state) == (int)State.Discarding) Discard();
        else Read();
    }

    /// <inheritdoc/>
    protected override void OnCompleted(SocketAsyncEventArgs e)
    {
        if (TryMove(State.Waiting, State.Reading)) Read();
        else Discard();
    }

    private static byte[] ThreadBuffer() => _threadBuffer ??= GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);

    // Owns the receiving.
    private void Read()
    {
        byte[] buffer = ThreadBuffer();
        for (int i = 0; i < ReceivesPerTurn; i++)
        {
            if (!TryReceive(buffer, out int count, out bool mustWait)) return;
            if (mustWait && TryWait()) return;
            if (!mustWait && !TryHandIn(buffer.AsSpan(0, count))) return;

            // A buffer that is not full took everything there was, so the next look would only find nothing.
            if (count is > 0 and < BufferBytes && TryWait()) return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private bool TryReceive(byte[] buffer, out int count, out bool mustWait)
    {
        count = 0;
        mustWait = false;
        if (_transport.IsClosing) return End();
        if (_resumed)
        {
            _resumed = false;
            return true;
        }

        count = _socket.Receive(buffer, SocketFlags.None, out SocketError error);
        mustWait = error == SocketError.WouldBlock;
        if (mustWait || (error == SocketError.Success && count > 0)) return true;
        _transport.BeginClose(error == SocketError.Success ? CloseCause.PeerClosed : CloseCause.NetworkError);
        return End();
    }

    // False when this thread reads no more.
    private bool TryHandIn(ReadOnlySpan<byte> bytes)
    {
        try
        {
            switch (_connection.Receive(bytes))
            {
                case ReceiveStatus.Continue:
                    return true;
                case ReceiveStatus.Pause:
                    return !TryPause();
                default:
                    End();
                    _transport.SendLast();
                    return false;
            }
        }
        catch (Exception e)
        {
            // A fault of ours ends this one connection, loudly.
            HostLog.ConnectionFaulted(_logger, e);
            _transport.BeginClose(CloseCause.NetworkError);
            return End();
        }
    }

    // True when paused; false when reading goes on at once.
    private bool TryPause()
    {
        if (!TryMove(State.Reading, State.Paused))
        {
            Volatile.Write(ref _state, (int)State.Reading);
            _resumed = true;
            return false;
        }

        // Whoever closed in between found a reader that it could not stop.
        if (_transport.IsClosing) EndIfIdle();
        return true;
    }

    // True when the system will call; false when there are bytes now.
    private bool TryWait()
    {
        Volatile.Write(ref _state, (int)State.Waiting);
        if (_socket.ReceiveAsync(this))
        {
            if (_transport.IsClosing) EndIfIdle();
            return true;
        }

        if (TryMove(State.Waiting, State.Reading)) return false;
        Discard();
        return true;
    }

    // By whoever owns the receiving; false for the convenience of its callers.
    private bool End()
    {
        Volatile.Write(ref _state, (int)State.Ended);
        _transport.EndSide();
        return false;
    }

    private void Discard()
    {
        byte[] buffer = ThreadBuffer();
        for (int i = 0; i < ReceivesPerTurn; i++)
        {
            int count = _socket.Receive(buffer, SocketFlags.None, out SocketError error);
            bool isOver = error == SocketError.Success ? count == 0 : error != SocketError.WouldBlock;
            if (isOver)
            {
                _transport.EndPhase();
                return;
            }

            if (error == SocketError.WouldBlock && _socket.ReceiveAsync(this)) return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private bool TryMove(State from, State to) => Interlocked.CompareExchange(ref _state, (int)to, (int)from) == (int)from;
}

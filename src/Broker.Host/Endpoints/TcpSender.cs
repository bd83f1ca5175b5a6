using System.Buffers;
using System.Net.Sockets;
using Broker.Core.Connections;
using Broker.Core.Primitives;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Endpoints;

/// <summary>
/// The sending side of a <see cref="TcpConnection"/>: drains the broker's connection into a buffer of the thread and sends it
/// at once; only what the system would not take is kept, in pooled memory, until it does.
/// </summary>
/// <remarks>
/// Threading: whoever brings the state from Idle to Draining owns the sending until it is Idle again; others only leave word
/// that there is more (Again).
/// </remarks>
internal sealed class TcpSender(TcpConnection transport, Socket socket, ILogger logger) : IThreadPoolWorkItem, IDisposable
{
    // Then others get their turn: 1 MiB or so.
    private const int DrainsPerTurn = 16;

    private const int Idle = 0;
    private const int Draining = 1;
    private const int Again = 2;
    private const int Ended = 3;

    [ThreadStatic]
    private static OutputBuffer? _threadOutput;

    // A drain can wake other connections; inside one, they go to the thread pool, or a chain of them would have no bound.
    [ThreadStatic]
    private static bool _threadDrains;

    private ClientConnection _connection = null!; // Open sets it before the first drain
    private int _state = Draining; // until it is open

    // Whoever drains:
    private WritableEvent? _writable;
    private byte[]? _unsent;
    private int _unsentStart;
    private int _unsentEnd;
    private DrainStatus _unsentStatus;

    /// <summary>Whether everything was sent that the broker had to say.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Begins; what was requested before is sent now.</summary>
    public void Open(ClientConnection connection)
    {
        _connection = connection;
        Drain();
    }

    /// <summary>There is something to send. Any thread; returns without blocking.</summary>
    public void Request()
    {
        while (true)
        {
            int state = Volatile.Read(ref _state);
            if (state is Again or Ended) return;
            int next = state == Idle ? Draining : Again;
            if (Interlocked.CompareExchange(ref _state, next, state) != state) continue;
            if (state == Idle) Drain();
            return;
        }
    }

    /// <summary>Ends sending if nobody is at it; whoever is ends by itself.</summary>
    public void EndIfIdle()
    {
        if (Interlocked.CompareExchange(ref _state, Ended, Idle) == Idle) transport.EndSide();
    }

    /// <summary>Gives back what it holds; nothing is sent any more.</summary>
    public void Dispose()
    {
        _writable?.Dispose();
        if (_unsent is null) return;

        // The peer did not read: the system shall not keep its bytes either.
        ReturnUnsent();
        SocketTuning.TryReset(socket);
    }

    /// <summary>Goes on draining; the thread pool calls it.</summary>
    public void Execute() => Drain();

    // Owns the sending.
    private void Drain()
    {
        if (_threadDrains)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }

        _threadDrains = true;
        OutputBuffer output = _threadOutput ??= new OutputBuffer(OutputBuffer.TargetBytes);
        try
        {
            DrainTurn(output);
        }
        catch (Exception e)
        {
            // A fault of ours ends this one connection, loudly.
            HostLog.ConnectionFaulted(logger, e);
            transport.BeginClose(CloseCause.NetworkError);
            End();
        }
        finally
        {
            output.Clear();
            _threadDrains = false;
        }
    }

    private void DrainTurn(OutputBuffer output)
    {
        for (int i = 0; i < DrainsPerTurn; i++)
        {
            if (transport.IsClosing)
            {
                End();
                return;
            }

            output.Clear();
            DrainStatus status = _connection.Drain(output);
            if (!TrySend(output, status) || !MayGoOn(status)) return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    // False when somebody else goes on later, or nobody.
    private bool TrySend(OutputBuffer output, DrainStatus status)
    {
        while (output.WrittenCount > 0)
        {
            int sent = socket.Send(output.WrittenSpan, SocketFlags.None, out SocketError error);
            if (error == SocketError.Success)
            {
                output.Consume(sent);
            }
            else if (error == SocketError.WouldBlock)
            {
                Keep(output.WrittenSpan, status);
                return TrySendUnsent();
            }
            else
            {
                return Fail();
            }
        }

        return true;
    }

    private bool MayGoOn(DrainStatus status)
    {
        switch (status)
        {
            case DrainStatus.More:
                return true;
            case DrainStatus.Close:
                IsFinished = !transport.IsClosing;
                transport.Finish();
                End();
                return false;
            default:
                if (Interlocked.CompareExchange(ref _state, Idle, Draining) != Draining)
                {
                    Volatile.Write(ref _state, Draining);
                    return true;
                }

                // Whoever closed in between found a sender that it could not stop.
                if (transport.IsClosing) EndIfIdle();
                return false;
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes, DrainStatus status)
    {
        _unsent = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(_unsent);
        _unsentStart = 0;
        _unsentEnd = bytes.Length;
        _unsentStatus = status;
    }

    // True when all of it is sent now; false when the system will call, or it failed.
    private bool TrySendUnsent()
    {
        _writable ??= new WritableEvent(this);
        while (_unsentStart < _unsentEnd)
        {
            _writable.SetBuffer(_unsent, _unsentStart, _unsentEnd - _unsentStart);
            if (socket.SendAsync(_writable)) return false;
            if (_writable.SocketError != SocketError.Success) return Fail();
            _unsentStart += _writable.BytesTransferred;
        }

        ReturnUnsent();
        return true;
    }

    private void OnWritable()
    {
        if (_writable is not { SocketError: SocketError.Success } sent)
        {
            Fail();
            return;
        }

        _unsentStart += sent.BytesTransferred;
        if (TrySendUnsent() && MayGoOn(_unsentStatus)) Drain();
    }

    private bool Fail()
    {
        transport.BeginClose(CloseCause.NetworkError);
        End();
        return false;
    }

    private void End()
    {
        Volatile.Write(ref _state, Ended);
        transport.EndSide();
    }

    private void ReturnUnsent()
    {
        ArrayPool<byte>.Shared.Return(_unsent!); // callers have it
        _unsent = null;
    }

    private sealed class WritableEvent(TcpSender sender) : SocketAsyncEventArgs(unsafeSuppressExecutionContextFlow: true)
    {
        protected override void OnCompleted(SocketAsyncEventArgs e) => sender.OnWritable();
    }
}

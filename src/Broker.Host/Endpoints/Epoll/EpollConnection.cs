using Broker.Core.Connections;
using Broker.Core.Primitives;

namespace Broker.Host.Endpoints.Epoll;

/// <summary>
/// A plain TCP connection of an <see cref="EpollLoop"/>: while nothing happens it is this object and a descriptor, and has no
/// buffer, task or timer.
/// </summary>
/// <remarks>
/// Threading: <see cref="ITransport"/> and <see cref="EndLinger"/> from anywhere, which only leave word; all else on the loop's
/// thread. The descriptor is closed at the end of a turn, and may outlive the broker's connection for a moment, so that the
/// peer gets to read the last bytes (<see cref="LingeringConnections"/>).
/// </remarks>
internal sealed class EpollConnection(EpollLoop loop, int socket, LingeringConnections lingering) : LoopMember(loop, socket), ITransport, ILingering
{
    // Then others get their turn: 1 MiB or so.
    private const int DrainsPerTurn = 16;

    private ClientConnection? _connection; // set before it is watched; null again once the broker was told that it is closed
    private OutputBuffer? _unsent; // what the system would not take; it tells when there is room again
    private CloseCause _cause;
    private ConnectionState _state;

    /// <summary>Hands an accepted socket to the broker, which may refuse it, and then to its loop.</summary>
    /// <param name="loop">Who will own it.</param>
    /// <param name="socket">The descriptor, which is closed here or later.</param>
    /// <param name="info">What is known of it.</param>
    /// <param name="services">The broker and its like.</param>
    public static void Start(EpollLoop loop, int socket, ConnectionInfo info, TcpServices services)
    {
        var transport = new EpollConnection(loop, socket, services.Lingering);
        transport._connection = services.Broker.Accept(transport, info);
        if (transport._connection is null) LinuxSocket.Close(socket, isReset: false);
        else transport.Post(LoopRequests.Watch | LoopRequests.Drain); // what was asked for before is not lost
    }

    /// <inheritdoc/>
    public bool IsHeldUp => Volatile.Read(ref _unsent) is not null; // otherwise its loop is only busy elsewhere

    /// <inheritdoc/>
    public void RequestDrain() => Post(LoopRequests.Drain);

    /// <inheritdoc/>
    public void ResumeReceive() => Post(LoopRequests.Resume);

    /// <inheritdoc/>
    public void KeepUnsentShort() => Post(LoopRequests.KeepUnsentShort);

    /// <inheritdoc/>
    public void Abort() => Post(LoopRequests.End);

    /// <summary>The peer had its moment.</summary>
    public void EndLinger() => Post(LoopRequests.End);

    /// <inheritdoc/>
    public override void OnRequests(LoopRequests requests)
    {
        if (Has(ConnectionState.Dead)) return;
        if ((requests & LoopRequests.Watch) != 0)
        {
            _state |= ConnectionState.Watched;
            if (Has(ConnectionState.EndsEarly)) requests |= LoopRequests.End;

            // Edges only: nothing has to be changed while it lives, and the kernel tells of an unread byte once.
            Loop.Watch(this, EpollEvents.Readable | EpollEvents.Writable | EpollEvents.PeerFinished | EpollEvents.EdgeTriggered);
        }

        if ((requests & LoopRequests.KeepUnsentShort) != 0) LinuxSocket.KeepUnsentShort(Descriptor, SocketTuning.UnsentBytes);
        if ((requests & LoopRequests.End) != 0)
        {
            if (Has(ConnectionState.Watched)) Die(CloseCause.Local);
            else _state |= ConnectionState.EndsEarly;
        }

        if ((requests & LoopRequests.Resume) != 0 && Has(ConnectionState.Paused))
        {
            _state |= ConnectionState.Resumed;
            ContinueLater();
        }
    }

    /// <inheritdoc/>
    public override void OnEvents(EpollEvents events)
    {
        if (Has(ConnectionState.Dead)) return;
        if ((events & EpollEvents.Writable) != 0 && _unsent is not null && TrySendUnsent()) RequestDrain();
        if (Has(ConnectionState.Dead)) return;
        if ((events & (EpollEvents.Error | EpollEvents.HungUp | EpollEvents.PeerFinished)) != 0) _state |= ConnectionState.PeerEnds;
        if ((events & ~EpollEvents.Writable) == 0) return;
        _state |= ConnectionState.Readable;
        if (!Has(ConnectionState.Paused)) Read();
        else if ((events & (EpollEvents.Error | EpollEvents.HungUp)) != 0) Die(CloseCause.NetworkError);
    }

    /// <inheritdoc/>
    public override void Continue()
    {
        _state &= ~ConnectionState.Continues;
        if (Has(ConnectionState.Dead)) return;
        if (Has(ConnectionState.Resumed))
        {
            _state &= ~(ConnectionState.Resumed | ConnectionState.Paused);
            HandIn([]);
        }

        if (Has(ConnectionState.Readable) && !Has(ConnectionState.Paused)) Read();
    }

    /// <inheritdoc/>
    public override void Drain()
    {
        if (_unsent is not null || (_state & (ConnectionState.Watched | ConnectionState.Dead | ConnectionState.Finished)) != ConnectionState.Watched) return;
        if (_connection is not { } connection) return;
        OutputBuffer output = Loop.Output;
        DrainStatus status = DrainStatus.More;
        for (int i = 0; i < DrainsPerTurn && status == DrainStatus.More; i++)
        {
            status = connection.Drain(output);
            bool isSent = TrySend(output, status);
            output.Clear();
            if (!isSent) return;
        }

        if (status == DrainStatus.Close) Finish();
        else if (status == DrainStatus.More) RequestDrain();
    }

    /// <inheritdoc/>
    public override void End()
    {
        _state &= ~ConnectionState.EndsLater;
        ClientConnection? connection = _connection;
        _connection = null;
        try
        {
            connection?.Closed(_cause);
        }
        finally
        {
            if (Has(ConnectionState.Dead | ConnectionState.AtEnd)) Close();
            else lingering.Add(this);
        }
    }

    /// <inheritdoc/>
    public override void Fault() => Die(CloseCause.NetworkError);

    private bool Has(ConnectionState state) => (_state & state) != 0;

    private void Read()
    {
        if (Has(ConnectionState.Continues | ConnectionState.AtEnd)) return; // its turn comes, or nothing more
        int count = LinuxSocket.Receive(Descriptor, Loop.ReadBuffer);
        if (count > 0)
        {
            // Fewer bytes than there was room for are all there were, so the next look would only find nothing.
            if (count < Loop.ReadBuffer.Length && !Has(ConnectionState.PeerEnds)) _state &= ~ConnectionState.Readable;
            Loop.NoteReceived(count);
            HandIn(Loop.ReadBuffer.AsSpan(0, count));
            if (Has(ConnectionState.Readable) && !Has(ConnectionState.Paused | ConnectionState.Dead)) ContinueLater();
        }
        else if (count == -LinuxSocket.WouldBlock)
        {
            _state &= ~ConnectionState.Readable;
        }
        else if (count == -LinuxSocket.Interrupted)
        {
            ContinueLater();
        }
        else if (count == 0)
        {
            _state |= ConnectionState.AtEnd; // and before the turn is over, what the broker has answered already leaves
            EndLater(CloseCause.PeerClosed);
        }
        else
        {
            Die(CloseCause.NetworkError);
        }
    }

    private void HandIn(ReadOnlySpan<byte> bytes)
    {
        if (Has(ConnectionState.Discards) || _connection is not { } connection) return;
        switch (connection.Receive(bytes))
        {
            case ReceiveStatus.Pause:
                _state |= ConnectionState.Paused;
                break;
            case ReceiveStatus.Closed:
                _state |= ConnectionState.Discards;
                RequestDrain();
                break;
        }
    }

    private void ContinueLater()
    {
        if (Has(ConnectionState.Continues)) return;
        _state |= ConnectionState.Continues;
        Loop.ContinueLater(this);
    }

    // False when it failed, or the system will tell.
    private bool TrySend(OutputBuffer output, DrainStatus status)
    {
        while (output.WrittenCount > 0)
        {
            int sent = LinuxSocket.Send(Descriptor, output.WrittenSpan);
            if (sent >= 0)
            {
                output.Consume(sent);
            }
            else if (sent == -LinuxSocket.WouldBlock)
            {
                _unsent = new OutputBuffer();
                _unsent.Write(output.WrittenSpan);
                if (status == DrainStatus.Close) _state |= ConnectionState.ClosesWhenSent;
                return false;
            }
            else if (sent != -LinuxSocket.Interrupted)
            {
                Die(CloseCause.NetworkError);
                return false;
            }
        }

        return true;
    }

    // True when all of it is sent and more may follow.
    private bool TrySendUnsent()
    {
        OutputBuffer unsent = _unsent!; // callers have it
        while (unsent.WrittenCount > 0)
        {
            int sent = LinuxSocket.Send(Descriptor, unsent.WrittenSpan);
            if (sent == -LinuxSocket.WouldBlock) return false;
            if (sent < 0 && sent != -LinuxSocket.Interrupted)
            {
                Die(CloseCause.NetworkError);
                return false;
            }

            if (sent > 0) unsent.Consume(sent);
        }

        unsent.Dispose();
        _unsent = null;
        if (!Has(ConnectionState.ClosesWhenSent)) return true;
        Finish();
        return false;
    }

    // Everything was sent that the broker had to say: the peer is told, and has a moment to read it.
    private void Finish()
    {
        LinuxSocket.FinishSending(Descriptor);
        _state |= ConnectionState.Finished | ConnectionState.Discards;
        _state &= ~ConnectionState.Paused;
        if (Has(ConnectionState.Readable)) ContinueLater();
        EndLater(CloseCause.Local);
    }

    // Nothing can be sent or received any more, or nobody wants it.
    private void Die(CloseCause cause)
    {
        _state |= ConnectionState.Dead;
        EndLater(cause);
    }

    // The first cause is the one that counts.
    private void EndLater(CloseCause cause)
    {
        if (!Has(ConnectionState.Ending)) _cause = cause;
        _state |= ConnectionState.Ending;
        if (Has(ConnectionState.EndsLater)) return;
        _state |= ConnectionState.EndsLater;
        Loop.EndLater(this);
    }

    private void Close()
    {
        _state |= ConnectionState.Dead;
        Loop.Forget(this);
        LinuxSocket.Close(Descriptor, isReset: _unsent is not null); // the peer did not read: the system shall not keep its bytes either
        _unsent?.Dispose();
        _unsent = null;
    }
}

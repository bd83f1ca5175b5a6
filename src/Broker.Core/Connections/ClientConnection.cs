using Broker.Core.Messages;
using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Core.Publishing;
using Broker.Core.Security;
using Broker.Core.Sessions;
using Broker.Core.Storage;
using Broker.Core.Telemetry;
using Broker.Core.Time;

namespace Broker.Core.Connections;

/// <summary>
/// One network connection, whatever carries it: a state machine that takes the bytes that arrived and gives the bytes that
/// are to leave. It does no I/O and never waits. It is the one place where protocol violations are caught.
/// </summary>
/// <remarks>
/// Threading: <see cref="Receive"/> by one caller at a time, <see cref="Drain"/> by one caller at a time, both at once is
/// fine; everything else from any thread. Owner: the transport, until it called <see cref="Closed"/>. As a timer it watches
/// the CONNECT's deadline, then the keep alive, then the time that closing may take.
/// </remarks>
public sealed class ClientConnection : WheelTimer, ISessionConnection, ICommitWaiter
{
    private readonly BrokerContext _broker;
    private readonly ITransport _transport;
    private readonly Guarded<AnswerLane> _answers = new(new AnswerLane());
    private readonly PauseGate _pause = new();

    // Whoever calls Receive.
    private readonly FrameAssembler _frames = new();
    private long _lastReceived;

    // Whoever drains; set by all who have something to send.
    private long _waiting; // 0, or the number of the batch that wakes it

    private volatile Phase _phase; // changes under the lock of the answers
    private AckQueue? _acks; // under the lock of the answers
    private CloseReason _closeReason = CloseReason.Network;
    private bool _keepsWill = true;
    private int _left;
    private int _gone;

    internal ClientConnection(BrokerContext broker, ITransport transport, ConnectionInfo info)
    {
        _broker = broker;
        _transport = transport;
        Info = info;
        broker.Wheel.Schedule(this, broker.Clock.Now + (long)broker.Limits.ConnectTimeout.TotalMilliseconds);
    }

    /// <summary>What is known of it from its transport.</summary>
    public ConnectionInfo Info { get; }

    /// <summary>The client identifier; null before CONNECT was accepted.</summary>
    public string? ClientId => Session?.Identity.ClientId;

    internal Phase Phase => _phase;

    internal BrokerContext Broker => _broker;

    internal Handshake? Handshake { get; set; }

    internal ReAuthentication? ReAuthentication { get; private set; }

    internal ClientFacts Facts { get; private set; } = ClientFacts.Unknown;

    internal Session? Session { get; private set; }

    internal PublishWriter? Writer { get; private set; }

    internal IncomingAliases? Aliases { get; private set; }

    PublishWriter ISessionConnection.PublishWriter => Writer!; // a session has it only once it is connected

    /// <summary>Takes bytes that arrived; keeps what is not yet a whole packet.</summary>
    /// <param name="bytes">The bytes, valid during the call; empty after <see cref="ITransport.ResumeReceive"/>.</param>
    public ReceiveStatus Receive(ReadOnlySpan<byte> bytes)
    {
        var counts = default(ReceiveCounts);
        WakeBatch batch = WakeBatch.Rent();
        try
        {
            return Process(bytes, batch, ref counts);
        }
        catch (ProtocolViolationException violation)
        {
            Violated(violation);
            return ReceiveStatus.Closed;
        }
#pragma warning disable CA1031 // one client's fault, or ours in handling it, must not reach another client
        catch (Exception fault)
#pragma warning restore CA1031
        {
            _broker.Logger.InternalError(fault, Info, ClientId);
            Close(CloseReason.InternalError, "The broker failed to handle a packet");
            return ReceiveStatus.Closed;
        }
        finally
        {
            _broker.Metrics.Received(bytes.Length, counts.Packets, counts.Messages, counts.MessageBytes);
            batch.WakeAndReturn();
        }
    }

    /// <summary>Appends what is to leave: answers first, then messages, about <see cref="OutputBuffer.TargetBytes"/> of it.</summary>
    public DrainStatus Drain(OutputBuffer output)
    {
        Interlocked.Exchange(ref _waiting, 0); // what is queued from here on wakes the connection again
        int before = output.WrittenCount;
        int packets;
        bool resume;
        Phase phase;
        using (Guarded<AnswerLane>.Access answers = _answers.Enter())
        {
            AnswerLane lane = answers.Value;
            output.Write(lane.Bytes.WrittenSpan);
            lane.Bytes.Dispose();
            packets = lane.Packets;
            lane.Packets = 0;
            resume = lane.HoldsReading;
            lane.HoldsReading = false;
            phase = _phase;
        }

        int published = 0;
        int answered = output.WrittenCount;
        bool more = phase == Phase.Connected && Session!.Drain(this, output, out published); // connected: it has a session
        if (resume) Resume();
        if (output.WrittenCount > before) _broker.Metrics.Sent(output.WrittenCount - before, packets + published, published, output.WrittenCount - answered);
        return phase >= Phase.Closing ? DrainStatus.Close : more ? DrainStatus.More : DrainStatus.Empty;
    }

    /// <summary>The transport is gone. Called exactly once, and not from inside <see cref="ITransport.RequestDrain"/>.</summary>
    public void Closed(CloseCause cause)
    {
        if (Interlocked.Exchange(ref _gone, 1) != 0) return;
        using (Guarded<AnswerLane>.Access answers = _answers.Enter())
        {
            if (_phase < Phase.Closing && cause == CloseCause.Local) _closeReason = CloseReason.Kicked;
            _phase = Phase.Gone;
            answers.Value.Bytes.Dispose();
        }

        Leave();
        _broker.Wheel.Cancel(this);
        _frames.Dispose();
        Handshake?.Dispose();
        ReAuthentication?.Dispose();
        _broker.Connections.Remove(this);
    }

    /// <summary>Ends the connection; an MQTT 5 client is told why.</summary>
    internal void Close(CloseReason reason, string? text = null) => Close(reason, reason.ToReasonCode(), text);

    internal void Close(CloseReason reason, ReasonCode reasonCode, string? text)
    {
        using (Guarded<AnswerLane>.Access answers = _answers.Enter())
        {
            if (_phase >= Phase.Closing) return;
            bool isTold = _phase == Phase.Connected && Facts.IsV5 && reason != CloseReason.Disconnected;
            if (reason == CloseReason.Shutdown && _phase == Phase.Connected) Session!.Drain(this, answers.Value.Bytes, out _); // what may leave, leaves
            _closeReason = reason;
            _phase = Phase.Closing;
            if (isTold)
            {
                DisconnectPacket.Write(answers.Value.Bytes, reasonCode, Facts.TextThatFits(text));
                answers.Value.Packets++;
            }
        }

        _broker.Logger.Disconnected(ClientId ?? "?", Info, reason, text);
        Leave();
        HangUpSoon();
    }

    /// <summary>Hangs up without waiting for anything.</summary>
    internal void Abort() => _transport.Abort();

    /// <summary>The CONNECT is refused: CONNACK says why, then the connection ends.</summary>
    internal void Refuse(ProtocolVersion version, ReasonCode reasonCode, string? text)
    {
        if (version != ProtocolVersion.V5 && !reasonCode.HasConnectReturnCode())
        {
            Close(CloseReason.Refused, reasonCode, text); // older versions have no word for it
            return;
        }

        using (Guarded<AnswerLane>.Access answers = _answers.Enter())
        {
            if (_phase >= Phase.Closing) return;
            _closeReason = CloseReason.Refused;
            _phase = Phase.Closing;
            var refusal = new ConnAck { ReasonCode = reasonCode, ReasonString = Facts.TextThatFits(text) };
            if (Facts.Takes(refusal.Size))
            {
                refusal.Write(answers.Value.Bytes, version);
                answers.Value.Packets++;
            }
        }

        _broker.Metrics.Refuse(reasonCode);
        _broker.Logger.Refused(Info, reasonCode, text);
        Leave();
        HangUpSoon();
    }

    /// <summary>The client said DISCONNECT.</summary>
    internal void Disconnected(bool keepsWill)
    {
        _keepsWill = keepsWill;
        Close(CloseReason.Disconnected);
    }

    internal void BeginHandshake(ClientFacts facts, Phase phase)
    {
        Facts = facts;
        MoveTo(phase);
    }

    internal bool MoveTo(Phase phase)
    {
        using (_answers.Enter())
        {
            if (_phase >= Phase.Closing) return false;
            _phase = phase;
            return true;
        }
    }

    /// <summary>The session is there: what it needs to write to this client.</summary>
    internal void Prepare(PublishWriter writer, IncomingAliases aliases)
    {
        Writer = writer;
        Aliases = aliases;
        _acks = new AckQueue(_broker.Store);
    }

    /// <summary>CONNACK leaves, and everything else may from now on.</summary>
    internal void Accept(Session session, in ConnAck connAck, ConnectRequest request, bool isPresent, WakeBatch batch)
    {
        Facts = Facts with { KeepAliveMilliseconds = request.KeepAlive * 1_500 };
        Volatile.Write(ref _lastReceived, _broker.Clock.Now);
        Session = session;
        bool isLate;
        using (Guarded<AnswerLane>.Access answers = _answers.Enter())
        {
            isLate = _phase >= Phase.Closing;
            if (!isLate)
            {
                connAck.Write(answers.Value.Bytes, Facts.Version);
                answers.Value.Packets++;
                _phase = Phase.Connected;
                if (request.KeepAlive == 0) _broker.Wheel.Cancel(this);
                else _broker.Wheel.Schedule(this, _broker.Clock.Now + Facts.KeepAliveMilliseconds);
            }
        }

        if (isLate)
        {
            _broker.Lifecycle.Disconnect(session, this, _closeReason, keepsWill: true, batch); // it left before it had a session to let go of
            return;
        }

        if (isPresent) session.ReplayUnacknowledged(_broker.Values, batch);
        _broker.Logger.Connected(session.Identity.ClientId, Info, Facts.Version, request.KeepAlive, isPresent);
        MarkWaiting(batch);
    }

    /// <summary>The client began to authenticate again.</summary>
    internal void ReAuthenticate(byte[] data)
    {
        if (ReAuthentication is { IsOver: false }) ProtocolViolationException.Protocol("AUTH came while an exchange was under way");
        IEnhancedAuthenticator authenticator = EnhancedAuthentication.Find(_broker, Facts.AuthenticationMethod!)!; // it let the client in
        ReAuthentication = new ReAuthentication(this, authenticator.Begin(Info, ClientId!));
        ReAuthentication.Continue(data);
    }

    /// <summary>Writes answers; the caller then calls <see cref="MarkWaiting"/>.</summary>
    internal Guarded<AnswerLane>.Access Answers() => _answers.Enter();

    /// <summary>Acknowledges a publication as soon as its commit is complete, in order.</summary>
    internal void Acknowledge(in PendingAck ack, WakeBatch batch)
    {
        using (Guarded<AnswerLane>.Access answers = _answers.Enter())
        {
            if (_acks!.TryPass(ack)) // connected: it is there
            {
                WriteAck(answers.Value, ack);
            }
            else if (ack.Commit != 0)
            {
                goto wait;
            }
        }

        MarkWaiting(batch);
        return;
    wait:
        _broker.Store.WhenCommitted(ack.Commit, this);
    }

    /// <summary>Publications whose acknowledgement waits for a commit; and those of them that are not a QoS 2 exchange of the session.</summary>
    internal (int All, int BesideExchanges) UnacknowledgedPublications
    {
        get
        {
            using (_answers.Enter()) return (_acks?.Count ?? 0, _acks?.CountBesideExchanges ?? 0);
        }
    }

    void ICommitWaiter.Committed()
    {
        using (Guarded<AnswerLane>.Access answers = _answers.Enter())
        {
            if (_phase >= Phase.Closing) return; // nothing follows DISCONNECT [MQTT-3.14.4-1]
            while (_acks!.TryTake(out PendingAck ack)) WriteAck(answers.Value, ack);
        }

        WakeBatch batch = WakeBatch.Rent();
        MarkWaiting(batch);
        batch.WakeAndReturn();
    }

    void ISessionConnection.MarkWaiting(WakeBatch batch) => MarkWaiting(batch);

    /// <summary>Notes that something waits; the first time since the last drain the connection adds itself to the batch.</summary>
    internal void MarkWaiting(WakeBatch batch)
    {
        if (Volatile.Read(ref _waiting) == 0 && Interlocked.CompareExchange(ref _waiting, batch.Number, 0) == 0) batch.Add(this);
    }

    bool ISessionConnection.IsHeldUp(WakeBatch batch) => Volatile.Read(ref _waiting) is var waiting and not 0 && waiting != batch.Number;

    void ISessionConnection.Wake() => _transport.RequestDrain();

    /// <summary>Reading may go on after the connection paused it.</summary>
    internal void Resume()
    {
        if (_pause.TryResume()) _transport.ResumeReceive();
    }

    /// <inheritdoc/>
    protected internal override void Expired(long nowMs)
    {
        switch (_phase)
        {
            case Phase.AwaitingConnect:
                Close(CloseReason.ConnectTimeout, "No CONNECT came in time");
                break;
            case Phase.Authenticating or Phase.AwaitingAuth:
                Refuse(Facts.Version, ReasonCode.ServerBusy, "Authentication took too long");
                break;
            case Phase.Connected:
                long due = Volatile.Read(ref _lastReceived) + Facts.KeepAliveMilliseconds;
                if (nowMs >= due) Close(CloseReason.KeepAlive, "Nothing came for one and a half times the keep alive"); // [MQTT-3.1.2-22]
                else _broker.Wheel.Schedule(this, due);
                break;
            case Phase.Closing:
                _transport.Abort();
                break;
        }
    }

    private ReceiveStatus Process(ReadOnlySpan<byte> bytes, WakeBatch batch, ref ReceiveCounts counts)
    {
        while (true)
        {
            if (_phase >= Phase.Closing) return ReceiveStatus.Closed;
            if (_phase == Phase.Authenticating)
            {
                _frames.Hold(ref bytes);
                if (_pause.TryPause()) return ReceiveStatus.Pause;
                continue;
            }

            ProtocolVersion version = Facts.Version == 0 ? ProtocolVersion.V5 : Facts.Version;
            int limit = _phase >= Phase.Connected ? _broker.Limits.PacketBytes : _broker.Limits.ConnectPacketBytes;
            if (!_frames.TryTake(ref bytes, limit, version, _phase == Phase.AwaitingConnect, out Frame frame)) break;
            Volatile.Write(ref _lastReceived, _broker.Clock.Now);
            counts.Add(frame);
            PacketDispatch.Handle(this, frame, batch);
            _frames.Release();
        }

        using (Guarded<AnswerLane>.Access answers = _answers.Enter())
        {
            if (answers.Value.Bytes.WrittenCount <= _broker.Limits.PendingAnswerBytes) return ReceiveStatus.Continue;
            answers.Value.HoldsReading = true;
        }

        return _pause.TryPause() ? ReceiveStatus.Pause : ReceiveStatus.Continue;
    }

    private void Violated(ProtocolViolationException violation)
    {
        _broker.Metrics.Refuse(violation.ReasonCode);
        bool isAnswered = _phase < Phase.Connected && Facts.Version != 0;
        if (isAnswered) Refuse(Facts.Version, violation.ReasonCode, violation.Message);
        else Close(CloseReason.Protocol, violation.ReasonCode, violation.Message);
    }

    private void WriteAck(AnswerLane lane, in PendingAck ack)
    {
        ReadOnlySpan<byte> text = Facts.TextFor(ack.ReasonCode);
        AckPacket.Write(lane.Bytes, ack.Type, ack.PacketId, ack.ReasonCode, text, Facts.Version);
        lane.Packets++;
    }

    /// <summary>Lets go of the session, once.</summary>
    private void Leave()
    {
        if (Interlocked.Exchange(ref _left, 1) != 0) return;
        _broker.Metrics.Closed(_closeReason);
        if (Session is not { } session) return;
        WakeBatch batch = WakeBatch.Rent();
        try
        {
            bool keepsWill = _keepsWill && _closeReason != CloseReason.Shutdown;
            _broker.Lifecycle.Disconnect(session, this, _closeReason, keepsWill, batch);
        }
        finally
        {
            batch.WakeAndReturn();
        }
    }

    private void HangUpSoon()
    {
        _broker.Wheel.Schedule(this, _broker.Clock.Now + (long)_broker.Limits.CloseTimeout.TotalMilliseconds);
        _transport.RequestDrain();
    }
}

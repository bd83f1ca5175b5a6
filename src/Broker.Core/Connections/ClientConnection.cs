using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Core.Publishing;
using Broker.Core.Sessions;
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
public sealed class ClientConnection : WheelTimer, ISessionConnection
{
    private readonly BrokerContext _broker;
    private readonly ITransport _transport;
    private readonly Guarded<AnswerLane> _answers = new();
    private readonly BrokerLimits _limits; // what the client was told holds as long as the connection
    private PauseGate _pause;
    private ConnectionBudget? _budget; // null where nothing is bounded
    private ReadingPause? _readingPause; // whoever calls Receive; made with the first

    // Whoever calls Receive.
    private FrameAssembler? _frames;
    private IncomingAliases? _aliases;
    private int _keepAliveMilliseconds; // without a packet, until it counts as gone; 0 for never
    private long _lastReceived;

    // Whoever drains; set by all who have something to send.
    private long _waiting; // 0, or the number of the batch that wakes it

    private volatile Phase _phase; // changes under the lock of the answers
    private Acknowledgements? _acknowledgements; // under the lock of the answers
    private AuthenticationEnd? _authenticationEnd; // under the lock of the answers
    private bool _keepsWill = true;
    private int _left;
    private int _gone;

    internal ClientConnection(BrokerContext broker, ITransport transport, ConnectionInfo info)
    {
        _broker = broker;
        _transport = transport;
        _limits = broker.Limits;
        Info = info;
        broker.Wheel.Schedule(this, broker.Clock.Now + (long)broker.Limits.ConnectTimeout.TotalMilliseconds);
    }

    /// <summary>What is known of it from its transport.</summary>
    public ConnectionInfo Info { get; }

    /// <summary>The client identifier; null before CONNECT was accepted.</summary>
    public string? ClientId => Session?.Identity.ClientId;

    internal Phase Phase => _phase;

    internal BrokerLimits Limits => _limits;

    /// <summary>Whether it has one of the places that are kept for the privileged, and still has to show that it is one.</summary>
    internal bool NeedsPrivilege { get; set; }

    /// <summary>The tenant that it is in; null for none, and before CONNECT was accepted.</summary>
    internal Tenant? Tenant { get; set; }

    /// <summary>What it uses of what its address, endpoint, client, principal and tenant may; null where nothing is bounded.</summary>
    internal ref ConnectionBudget? Budget => ref _budget;

    /// <summary>Why it ends; changes under the lock of the answers.</summary>
    internal CloseReason CloseReason { get; private set; } = CloseReason.Network;

    internal BrokerContext Broker => _broker;

    internal Handshake? Handshake { get; set; }

    internal ReAuthentication? ReAuthentication { get; set; }

    internal ClientFacts Facts { get; set; } = ClientFacts.Unknown;

    internal Session? Session { get; private set; }

    internal PublishWriter? Writer { get; set; }

    internal IncomingAliases Aliases => _aliases ??= new IncomingAliases(Limits.TopicAliases, Limits.TopicBytes);

    PublishWriter ISessionConnection.PublishWriter => Writer!; // a session has it only once it is connected

    /// <summary>Takes bytes that arrived; keeps what is not yet a whole packet.</summary>
    /// <param name="bytes">The bytes, valid during the call; empty after <see cref="ITransport.ResumeReceive"/>.</param>
    public ReceiveStatus Receive(ReadOnlySpan<byte> bytes)
    {
        var counts = default(ReceiveCounts);
        WakeBatch batch = WakeBatch.Rent();
        try
        {
            ReceiveStatus status = Process(bytes, batch, ref counts);
            return Volatile.Read(ref _budget) is { } budget && IsTooFast(budget, status, counts.Messages, bytes.Length) ? ReceiveStatus.Pause : status;
        }
        catch (ProtocolViolationException violation)
        {
            Goodbye.Violated(this, violation);
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
            packets = answers.Value.MoveTo(output);
            resume = answers.Value.HoldsReading;
            answers.Value.HoldsReading = false;
            phase = _phase;
        }

        int published = 0;
        int answered = output.WrittenCount;
        bool more = phase == Phase.Connected && Session!.Drain(this, output, out published); // connected: it has a session
        if (phase == Phase.Connected) Session!.HandOnRefused();
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
            if (_phase < Phase.Closing && cause == CloseCause.Local) CloseReason = CloseReason.Kicked;
            _phase = Phase.Gone;
            answers.Value.Clear();
            if (_authenticationEnd is { } end) _broker.Wheel.Cancel(end);
        }

        Leave();
        _broker.Wheel.Cancel(this);
        if (_readingPause is { } pause) _broker.Wheel.Cancel(pause);
        Volatile.Read(ref _budget)?.Return();
        _frames?.Dispose();
        Handshake?.Dispose();
        ReAuthentication?.Dispose();
        _broker.Connections.Remove(this);
    }

    /// <summary>Ends the connection; an MQTT 5 client is told why.</summary>
    internal void Close(CloseReason reason, string? text = null) => Close(reason, reason.ToReasonCode(), text);

    internal void Close(CloseReason reason, ReasonCode reasonCode, string? text) => Goodbye.Disconnect(this, reason, reasonCode, text);

    /// <summary>Little may wait outside of the broker: see <see cref="ITransport.KeepUnsentShort"/>.</summary>
    internal void KeepUnsentShort() => _transport.KeepUnsentShort();

    /// <summary>Hangs up without waiting for anything.</summary>
    internal void Abort() => _transport.Abort();

    /// <summary>The CONNECT is refused: CONNACK says why, then the connection ends.</summary>
    internal void Refuse(ProtocolVersion version, ReasonCode reasonCode, string? text) => Goodbye.Refuse(this, version, reasonCode, text);

    /// <summary>The client said DISCONNECT.</summary>
    internal void Disconnected(bool keepsWill)
    {
        _keepsWill = keepsWill;
        Close(CloseReason.Disconnected);
    }

    /// <summary>It ends, for this reason; false if it ends already. Under the lock of the answers.</summary>
    internal bool TryBeginClosing(CloseReason reason)
    {
        if (_phase >= Phase.Closing) return false;
        CloseReason = reason;
        _phase = Phase.Closing;
        return true;
    }

    /// <summary>Lets go of the session, and hangs up when the last words are sent, or when the time for that is over.</summary>
    internal void LeaveAndHangUp()
    {
        Leave();
        _broker.Wheel.Schedule(this, _broker.Clock.Now + (long)Limits.CloseTimeout.TotalMilliseconds);
        _transport.RequestDrain();
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

    /// <summary>It has its session, and its keep alive in seconds (0 for none) begins; false if it ends already. Under the lock of the answers.</summary>
    internal bool TryBeginSession(Session session, int keepAlive)
    {
        if (_phase >= Phase.Closing) return false;
        Session = session;
        _keepAliveMilliseconds = keepAlive * 1_500;
        Volatile.Write(ref _lastReceived, _broker.Clock.Now);
        _phase = Phase.Connected;
        if (keepAlive == 0) _broker.Wheel.Cancel(this);
        else _broker.Wheel.Schedule(this, _lastReceived + _keepAliveMilliseconds);
        return true;
    }

    /// <summary>What the client authenticated with holds until then, or as long as the connection.</summary>
    internal void HoldsUntil(DateTimeOffset? end)
    {
        using (_answers.Enter())
        {
            if (_phase >= Phase.Closing) return;
            if (end is { } time) (_authenticationEnd ??= new AuthenticationEnd(this)).Schedule(time);
            else if (_authenticationEnd is { } held) _broker.Wheel.Cancel(held);
        }
    }

    /// <summary>Writes answers; the caller then calls <see cref="MarkWaiting"/>.</summary>
    internal Guarded<AnswerLane>.Access Answers() => _answers.Enter();

    /// <summary>Acknowledges a publication as soon as its commit is complete, in order.</summary>
    internal void Acknowledge(in PendingAck ack, WakeBatch batch) => Acknowledgements.Send(this, ref _acknowledgements, ack, batch);

    /// <summary>Sends an answer, and the first messages of new subscriptions after it, once a commit is complete.</summary>
    /// <param name="packet">The encoded packet; disposed here.</param>
    /// <param name="commit">The commit; 0 if there is nothing to wait for.</param>
    /// <param name="replays">The first messages.</param>
    /// <param name="batch">Collects the connections to wake.</param>
    internal void Answer(OutputBuffer packet, long commit, List<Replay> replays, WakeBatch batch)
    {
        var answer = new PendingAnswer(this, packet, replays);
        if (_broker.Store.IsCommitted(commit)) answer.Send(batch);
        else _broker.Store.WhenCommitted(commit, answer);
    }

    /// <summary>Publications whose acknowledgement waits for a commit; and those of them that are not a QoS 2 exchange of the session.</summary>
    internal (int All, int BesideExchanges) UnacknowledgedPublications
    {
        get
        {
            if (Volatile.Read(ref _acknowledgements) is not { } waiting) return (0, 0);
            using (_answers.Enter()) return waiting.Counts;
        }
    }

    void ISessionConnection.MarkWaiting(WakeBatch batch) => MarkWaiting(batch);

    /// <summary>Notes that something waits; the first time since the last drain the connection adds itself to the batch.</summary>
    internal void MarkWaiting(WakeBatch batch)
    {
        if (Volatile.Read(ref _waiting) == 0 && Interlocked.CompareExchange(ref _waiting, batch.Number, 0) == 0) batch.Add(this);
    }

    bool ISessionConnection.IsHeldUp(WakeBatch batch) => Volatile.Read(ref _waiting) is var waiting and not 0 && waiting != batch.Number && _transport.IsHeldUp;

    void ISessionConnection.WakeAfter(long commit) => _broker.Store.WhenCommitted(commit, new PendingWake(this));

    void ISessionConnection.Wake() => _transport.RequestDrain();

    /// <summary>Reading may go on after the connection paused it.</summary>
    internal void Resume()
    {
        if (_pause.TryResume()) _transport.ResumeReceive();
    }

    /// <inheritdoc/>
    protected internal override void Expired(long nowMs)
    {
        long due = Volatile.Read(ref _lastReceived) + _keepAliveMilliseconds;
        if (_phase == Phase.Closing) _transport.Abort();
        else if (_phase == Phase.Connected && nowMs < due) _broker.Wheel.Schedule(this, due);
        else Goodbye.TooLate(this);
    }

    /// <summary>Other limits are in force: counts the connection where there was nothing bounded when it came.</summary>
    internal void AdoptBudgets()
    {
        Session? session = Session;
        ConnectionBudget? budget = Volatile.Read(ref _budget);
        _broker.Budgets.Adopt(ref budget, Info, session?.Subject, session?.Identity.ClientId);
        if (budget is null) return;
        ConnectionBudget? other = Interlocked.CompareExchange(ref _budget, budget, null);
        if ((other is not null && other != budget) || Volatile.Read(ref _gone) != 0) budget.Return();
    }

    /// <summary>Charges what was read, and pauses if it was too much.</summary>
    private bool IsTooFast(ConnectionBudget budget, ReceiveStatus status, int messages, int bytes)
    {
        if (_phase != Phase.Connected) return false;
        long wait = budget.Charge(messages, bytes);
        if (wait == 0 || status != ReceiveStatus.Continue || !_pause.TryPause()) return false; // paused already: it is asked again afterwards
        long due = _broker.Clock.Now + wait;
        Volatile.Write(ref _lastReceived, due); // what the broker does not read is no silence of the client
        _broker.Wheel.Schedule(_readingPause ??= new ReadingPause(this), due);
        _broker.Metrics.Paused();
        return true;
    }

    private ReceiveStatus Process(ReadOnlySpan<byte> bytes, WakeBatch batch, ref ReceiveCounts counts)
    {
        while (true)
        {
            if (_phase >= Phase.Closing) return ReceiveStatus.Closed;
            if (_phase == Phase.Authenticating)
            {
                (_frames ??= new FrameAssembler()).Hold(ref bytes);
                if (_pause.TryPause()) return ReceiveStatus.Pause;
                continue;
            }

            ProtocolVersion version = Facts.Version == 0 ? ProtocolVersion.V5 : Facts.Version;
            int limit = _phase >= Phase.Connected ? Limits.PacketBytes : Limits.ConnectPacketBytes;
            if (!FrameAssembler.TryTake(ref _frames, ref bytes, limit, version, _phase == Phase.AwaitingConnect, out Frame frame)) break;
            Volatile.Write(ref _lastReceived, _broker.Clock.Now);
            counts.Add(frame);
            PacketDispatch.Handle(this, frame, batch);
            _frames?.Release();
        }

        if (_broker.Journal is { Store: { IsBehind: true } store })
        {
            store.WhenCommitted(store.Gathering, new PendingResume(this)); // the disk does not keep up: who publishes waits, too
            return _pause.TryPause() ? ReceiveStatus.Pause : ReceiveStatus.Continue;
        }

        using (Guarded<AnswerLane>.Access answers = _answers.Enter())
        {
            if (answers.Value.WrittenCount <= Limits.PendingAnswerBytes) return ReceiveStatus.Continue;
            answers.Value.HoldsReading = true;
        }

        return _pause.TryPause() ? ReceiveStatus.Pause : ReceiveStatus.Continue;
    }

    /// <summary>Lets go of the session, once.</summary>
    private void Leave()
    {
        if (Interlocked.Exchange(ref _left, 1) != 0) return;
        _broker.Metrics.Closed(CloseReason);
        if (Session is not { } session) return;
        WakeBatch batch = WakeBatch.Rent();
        try
        {
            bool keepsWill = _keepsWill && CloseReason != CloseReason.Shutdown;
            _broker.Lifecycle.Disconnect(session, this, CloseReason, keepsWill, batch);
        }
        finally
        {
            batch.WakeAndReturn();
        }
    }
}

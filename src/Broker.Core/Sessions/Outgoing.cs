using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Primitives;
using Broker.Core.Protocol;

namespace Broker.Core.Sessions;

/// <summary>
/// Everything that is to leave a session, and in which order: what an earlier connection left unfinished, then first values of
/// new subscriptions in their turn, then what waits, then conflated changes; QoS 1 and 2 as far as the window allows.
/// </summary>
/// <remarks>Threading: none of its own; every call under the session's gate. Owner: its session.</remarks>
internal sealed partial class Outgoing(Session session, SessionEnvironment environment, SubscriptionSet subscriptions, int window)
{
    private readonly Outbox _outbox = new(environment.LimitsInForce, environment.Clock) { Journal = session.Journal, Budget = session.Budget };
    private InflightWindow? _inflight;
    private ReplayQueue? _replays;
    private SessionChanges? _changes;
    private int _window = window;
    private bool _isDropping; // a run of drops was logged, and has not ended
    private bool _hasWithheld; // something was not sent because the client may not receive it
    private List<Delivery>? _refused; // of shared groups, because the client may not receive them: each is a reference
    private long _awaited; // what a held message waits for, once somebody asked to be told

    /// <summary>Bytes that wait in the queue.</summary>
    public long QueueBytes => _outbox.Bytes;

    /// <summary>What its session uses of what its principal and its tenant may.</summary>
    public SessionBudget? Budget
    {
        set => _outbox.Budget = value;
    }

    /// <summary>Messages that were dropped, since the session began.</summary>
    public long Dropped { get; private set; }

    /// <summary>Whether something waits already, or the window is full.</summary>
    public bool IsBusy => _outbox.Count > 0 || (_inflight?.Charged ?? 0) >= _window;

    /// <summary>Whether something waits that a place in the window could let go; true as well where only a closer look could tell.</summary>
    public bool HasMore => _outbox.Count > 0 || _replays?.First is not null || _changes is not null || _inflight is { IsResending: true };

    /// <summary>Whether <see cref="TakeRefused"/> has something to give. A snapshot, which any thread may take.</summary>
    public bool HasRefused => Volatile.Read(ref _refused) is not null;

    /// <summary>The change-only side; made when it is first needed.</summary>
    public SessionChanges Changes => _changes ??= new SessionChanges(session, environment, subscriptions, _outbox);

    /// <summary>The change-only side, if it was ever needed.</summary>
    public SessionChanges? KnownChanges => _changes;

    /// <summary>Whether the queue could take a message of <paramref name="size"/> bytes.</summary>
    public bool HasRoom(int size)
    {
        bool hasRoom = _outbox.HasRoom(size);
        CountDrop(DeliverOutcome.Expired, _outbox.TakePurged());
        return hasRoom;
    }

    /// <summary>Queues a message with a reference of its own, and counts what that cost.</summary>
    public DeliverOutcome Add(in Delivery delivery)
    {
        Delivery kept = session.Journal is { } journal ? journal.Number(delivery) : delivery;
        DeliverOutcome outcome = _outbox.TryAdd(kept, out int droppedOldest);
        CountDrop(DeliverOutcome.Expired, _outbox.TakePurged());
        CountDrop(DeliverOutcome.OldestDropped, droppedOldest);
        if (outcome == DeliverOutcome.QueueFull)
        {
            CountDrop(outcome, 1);
            return outcome;
        }

        delivery.Message.AddReference();
        session.Journal?.Queued(kept);
        return outcome;
    }

    /// <summary>Whether one more change of a shared group would leave at once.</summary>
    public bool TakesAtOnce(bool needsWindow) => _outbox.Count == 0 && HasWindow(needsWindow);

    /// <summary>Offers a publication as a change: it gets in line if the client can take it, and waits conflated otherwise.</summary>
    /// <param name="those">A change-only subscription, or all ordinary ones that match a topic with rules: they are one subscriber.</param>
    /// <param name="delivery">What would be sent; the caller keeps its reference of the message. Null if No Local keeps it away.</param>
    /// <param name="change">The publication.</param>
    /// <param name="isHeldUp">Whether there is no connection, or it does not take what is there.</param>
    /// <param name="isAbsent">Whether there is no connection.</param>
    public ChangeOffer Offer(ReadOnlySpan<Subscription> those, in Delivery? delivery, in Change change, bool isHeldUp, bool isAbsent)
    {
        ChangeLedger ledger = Changes.LedgerOf(those[0]);
        long syncedFrom = SessionChanges.SyncedFrom(those);
        if (delivery is not { } wanted)
        {
            ledger.Skip(change, syncedFrom);
            return ChangeOffer.Unchanged;
        }

        bool canTake = !isHeldUp && !ledger.IsReplaying && HasWindow(wanted.Qos != QualityOfService.AtMostOnce); // the first values come first
        ChangeOffer offer = ledger.Offer(change, wanted, syncedFrom, canTake, isHeldUp, isAbsent, out _);
        if (Changes.Outbox.IsOverfull) Changes.Collapse(isAbsent ? null : _replays ??= new ReplayQueue(), _outbox.NextNumber);
        return offer;
    }

    /// <summary>Puts the first values of a subscription in line.</summary>
    public void Add(Replay replay) => (_replays ??= new ReplayQueue()).Add(replay, _outbox.NextNumber);

    /// <summary>Writes what may be sent now; true if the buffer filled up before everything was written.</summary>
    public bool Drain(PublishWriter writer, OutputBuffer output, ref int published)
    {
        int target = _changes is null ? OutputBuffer.TargetBytes : OutputBuffer.ShortTargetBytes;
        while (output.WrittenCount < target)
        {
            if (TrySendNext(writer, output, ref published)) continue;
            if (_outbox.Count == 0) _isDropping = false;
            return false;
        }

        return true;
    }

    /// <summary>PUBACK came. False: the message was not QoS 1, a protocol error.</summary>
    public bool Acknowledge(ushort packetId)
    {
        if (_inflight is null || !_inflight.TryGet(packetId, out QualityOfService qos, out _)) return true; // [MQTT-4.3.2-5]
        if (qos != QualityOfService.AtLeastOnce) return false;
        Finish(packetId);
        return true;
    }

    /// <summary>PUBREC came. False: the message was not QoS 2, a protocol error.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="refused">Whether the reason code was 0x80 or above: then the exchange is over [MQTT-4.3.3-4].</param>
    /// <param name="answer">What PUBREL has to say; null if none is due.</param>
    /// <param name="commit">The commit that PUBREL has to wait for; 0 if none.</param>
    public bool Received(ushort packetId, bool refused, out ReasonCode? answer, out long commit)
    {
        commit = 0;
        answer = ReasonCode.PacketIdentifierNotFound;
        if (_inflight is null || !_inflight.TryGet(packetId, out QualityOfService qos, out InflightWindow.Stage stage)) return true;
        if (qos != QualityOfService.ExactlyOnce) return false;
        answer = refused ? null : ReasonCode.Success;
        if (refused)
        {
            Finish(packetId);
            return true;
        }

        if (stage == InflightWindow.Stage.Published) _inflight.Release(packetId, session.Journal?.Released(_inflight.DeliveryOf(packetId).Entry) ?? 0);
        commit = _inflight.CommitOf(packetId);
        return true;
    }

    /// <summary>PUBCOMP came. False: PUBREL was not sent yet, a protocol error.</summary>
    public bool Complete(ushort packetId)
    {
        if (_inflight is null || !_inflight.TryGet(packetId, out _, out InflightWindow.Stage stage)) return true;
        if (stage != InflightWindow.Stage.Released) return false;
        Finish(packetId);
        return true;
    }

    /// <summary>A connection begins: what is unfinished is sent again.</summary>
    public void BeginConnection(int window)
    {
        _window = window;
        _awaited = 0;
        _outbox.Journal = session.Journal;
        _inflight?.BeginResend();
        _changes?.BeginConnection();
    }

    /// <summary>The connection is gone: QoS 0 is dropped, and what it would have sent first.</summary>
    public void EndConnection()
    {
        _changes?.EndConnection();
        CountDrop(DeliverOutcome.Offline, _outbox.DropUnacknowledged());
        _replays?.Clear();
        _replays = null;
    }

    /// <summary>
    /// Takes out what came through shared groups; if <paramref name="except"/> is given, only what another connected member
    /// could take.
    /// </summary>
    public void TakeShared(List<Delivery> shared, Session? except)
    {
        int before = shared.Count;
        _inflight?.TakeShared(shared, except);
        _outbox.TakeShared(shared, except);
        for (int i = before; i < shared.Count; i++) session.Journal?.Removed(shared[i].Entry);
        _changes?.Unassign();
    }

    /// <summary>Whether something was kept from the client since this was asked last, because it may not receive it.</summary>
    public bool TakeWithheld()
    {
        bool had = _hasWithheld;
        _hasWithheld = false;
        return had;
    }

    /// <summary>The messages of shared groups that the client may not receive, for other members; their references go over to the caller.</summary>
    public List<Delivery>? TakeRefused()
    {
        List<Delivery>? refused = _refused;
        _refused = null;
        return refused;
    }

    /// <summary>Takes up what an earlier run of the broker left, with the reference of its message.</summary>
    public void Restore(in KeptDelivery kept)
    {
        if (kept.PacketId == 0)
        {
            _outbox.Restore(kept.Delivery);
            return;
        }

        InflightWindow.Stage stage = kept.IsReleased ? InflightWindow.Stage.Released : InflightWindow.Stage.Published;
        (_inflight ??= new InflightWindow()).Restore(kept.Delivery, kept.PacketId, stage);
    }

    /// <summary>Adds what the store keeps: what is in flight, then what waits, in order.</summary>
    public void CollectKept(List<KeptDelivery> kept)
    {
        _inflight?.CollectKept(kept);
        _outbox.CollectKept(kept);
        _changes?.Outbox.CollectKept(kept);
        foreach (Delivery refused in _refused ?? [])
        {
            if (refused.Entry != 0) kept.Add(new KeptDelivery(refused, 0, IsReleased: false));
        }
    }

    /// <summary>Bytes of what <see cref="CollectKept"/> adds, about.</summary>
    public long KeptBytes => _outbox.Bytes + (_inflight?.KeptBytes ?? 0);

    /// <summary>The commit that what is to be sent next waits for, once; 0 if it is none, or has been asked for.</summary>
    public long TakeAwaited()
    {
        long commit = _inflight is { IsResending: true } ? _inflight.Next.Commit : 0;
        if (commit == 0 || commit == _awaited || environment.Journal!.Store.IsCommitted(commit)) return 0; // a commit comes from the journal
        return _awaited = commit;
    }

    /// <summary>Releases everything.</summary>
    public void Clear()
    {
        foreach (Delivery refused in TakeRefused() ?? []) refused.Message.Release();
        _changes?.Clear();
        _outbox.Clear();
        _inflight?.Clear();
        _replays?.Clear();
    }
}

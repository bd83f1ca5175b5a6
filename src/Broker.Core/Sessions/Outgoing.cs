using Broker.Core.ChangeDetection;
using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Core.Storage;
using Broker.Core.Telemetry;

namespace Broker.Core.Sessions;

/// <summary>
/// Everything that is to leave a session, and in which order: what an earlier connection left unfinished, then first values of
/// new subscriptions in their turn, then what waits, then conflated changes; QoS 1 and 2 as far as the window allows.
/// </summary>
/// <remarks>Threading: none of its own; every call under the session's gate. Owner: its session.</remarks>
internal sealed class Outgoing(Session session, SessionEnvironment environment, SubscriptionSet subscriptions, int window)
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

    private bool TrySendNext(PublishWriter writer, OutputBuffer output, ref int published)
    {
        bool windowOpen = (_inflight?.Charged ?? 0) < _window && (_inflight?.Count ?? 0) < ushort.MaxValue;
        if (_inflight is { IsResending: true })
        {
            (long commit, bool isUnsent) = _inflight.Next;
            bool mayGo = commit == 0 || environment.Journal!.Store.IsCommitted(commit); // a commit comes from the journal
            if (mayGo && _inflight.TryResendNext(_window, out ushort id, out InflightWindow.Stage stage, out Delivery again))
            {
                if (stage == InflightWindow.Stage.Released) AckPacket.Write(output, PacketType.PubRel, id, ReasonCode.Success, default, ProtocolVersion.V311);
                else Send(again, id, isUnsent, writer, output, ref published);
                return true;
            }

            // New messages wait behind the old ones [MQTT-4.6.0-1], or get in line behind those that only wait for their commit.
            windowOpen &= !mayGo && _inflight.TakesMore;
        }

        long turn = _replays?.First?.Turn ?? 0;
        bool any = _outbox.TryTake(windowOpen, turn, out Delivery delivery); // what was there before the replay [MQTT-4.6.0-5]
        if (!any && TrySendReplay(windowOpen, writer, output, ref published)) return true;
        WaitingChange? change = any ? null : _changes?.Outbox.Peek(windowOpen);
        if (any || _outbox.TryTake(windowOpen, change?.Turn ?? long.MaxValue, out delivery))
        {
            Send(delivery, writer, output, ref published);
            return true;
        }

        if (change is null) return TrySendGroupChange(windowOpen, writer, output, ref published);
        SendChange(change, writer, output, ref published);
        return true;
    }

    /// <summary>Sends one delivery for the first time, or gives it its place in line; false if it could not be sent.</summary>
    private bool Send(in Delivery delivery, PublishWriter writer, OutputBuffer output, ref int published)
    {
        if (session.Journal is null || delivery.Qos == QualityOfService.AtMostOnce) return Send(delivery, 0, isUnsent: true, writer, output, ref published);
        Delivery kept = delivery;
        return IsHeld(ref kept, session.Journal) || Send(kept, 0, isUnsent: true, writer, output, ref published);
    }

    /// <summary>
    /// Whether a message of a session that is kept only gets its place in the window now: at QoS 2 its packet identifier has to be
    /// safe before it leaves, or after a crash it would go out under another one; and what comes after such a message waits behind it.
    /// </summary>
    private bool IsHeld(ref Delivery delivery, SessionJournal journal)
    {
        if (delivery.Entry == 0)
        {
            delivery = journal.Number(delivery); // a first value never waited in the queue
            journal.Queued(delivery);
        }

        bool isHeld = (delivery.Qos == QualityOfService.ExactlyOnce && delivery.Entry != 0) || _inflight is { IsResending: true };
        if (!isHeld || delivery.Message.HasExpired(environment.Clock.Now)) return false; // what has expired only ends
        ushort id = (_inflight ??= new InflightWindow()).Add(delivery);
        _inflight.HoldLast(delivery.Qos == QualityOfService.ExactlyOnce ? journal.Assigned(delivery, id) : 0);
        return true;
    }

    /// <summary>Sends one delivery, whose reference goes to the window or ends here; false if it could not be sent.</summary>
    /// <param name="delivery">The delivery.</param>
    /// <param name="placed">Its packet identifier, if it has its place in the window; 0 otherwise.</param>
    /// <param name="isUnsent">Whether it never left.</param>
    /// <param name="writer">How it is written.</param>
    /// <param name="output">Where to.</param>
    /// <param name="published">Counts what was sent.</param>
    private bool Send(in Delivery delivery, ushort placed, bool isUnsent, PublishWriter writer, OutputBuffer output, ref int published)
    {
        Message message = delivery.Message;
        DeliverOutcome outcome = DeliverOutcome.Queued;
        ushort id = placed;
        if (isUnsent && message.HasExpired(environment.Clock.Now)) outcome = DeliverOutcome.Expired; // [MQTT-3.3.2-5]
        else if (!session.MayReceive(message, delivery.Qos, delivery.Retain, delivery.Group)) outcome = DeliverOutcome.NotAuthorized;
        else
        {
            if (delivery.Qos != QualityOfService.AtMostOnce && placed == 0) id = (_inflight ??= new InflightWindow()).Add(delivery);
            var header = new PublishHeader(delivery.Qos, delivery.Retain, Dup: !isUnsent); // [MQTT-3.3.1-1]
            var identifiers = new SubscriptionIdentifiers(delivery.Identifier, delivery.MoreIdentifiers);
            if (!writer.TryWrite(output, message, header, id, identifiers, environment.Clock.Now)) outcome = DeliverOutcome.TooLarge;
        }

        if (outcome == DeliverOutcome.Queued) published++;
        else CountDrop(outcome, 1);
        bool goesOn = outcome == DeliverOutcome.NotAuthorized && Withhold(delivery, isAgain: !isUnsent); // then it is written down with where it went
        if (id != 0)
        {
            if (outcome != DeliverOutcome.Queued) Finish(id, goesOn); // it is there: added above, or being sent again
        }
        else
        {
            if (!goesOn) session.Journal?.Removed(delivery.Entry);
            message.Release();
        }

        return outcome == DeliverOutcome.Queued;
    }

    /// <summary>Notes that something was not sent; true if it is for another member of its shared group.</summary>
    private bool Withhold(in Delivery delivery, bool isAgain)
    {
        _hasWithheld = true;
        bool mayGo = delivery.Group is not null && (!isAgain || delivery.Qos != QualityOfService.ExactlyOnce); // [MQTT-4.8.2-5]
        if (!mayGo) return false;
        delivery.Message.AddReference();
        (_refused ??= []).Add(delivery);
        return true;
    }

    /// <summary>The exchange of a packet identifier that is in the window is over.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="goesOn">Whether somebody else gets the message: it is written down then that this session has it no longer.</param>
    private void Finish(ushort packetId, bool goesOn = false)
    {
        if (!goesOn) session.Journal?.Removed(_inflight!.DeliveryOf(packetId).Entry); // it is there, the caller says
        _inflight!.Remove(packetId);
    }

    private bool TrySendReplay(bool windowOpen, PublishWriter writer, OutputBuffer output, ref int published)
    {
        while (_replays?.First is { } replay)
        {
            while (replay.TryTake(windowOpen, environment.Clock.Now, out ReplayStep step))
            {
                if (step.Topic is null)
                {
                    Send(step.Delivery, writer, output, ref published);
                    return true;
                }

                if (TrySendFirst(replay.Subscription, step, writer, output, ref published)) return true;
            }

            if (!replay.IsFinished) return false;
            _replays.RemoveFirst();
            if (replay is LastValueReplay) Changes.End(replay.Subscription);
        }

        return false;
    }

    /// <summary>Sends the value that a topic has now, and drops what waits for it: that is not newer.</summary>
    private bool TrySendFirst(Subscription subscription, in ReplayStep step, PublishWriter writer, OutputBuffer output, ref int published)
    {
        ChangeLedger ledger = Changes.LedgerOf(subscription);
        Message value = step.Delivery.Message;
        TopicState topic = step.Topic!; // asked before
        QualityOfService qos = value.Qos;
        if (!step.IsSkipped && ledger.WasSent(topic, value))
        {
            value.Release();
            return false;
        }

        SentValue sent = default;
        bool wasSent = false;
        if (step.IsSkipped)
        {
            value.Release();
        }
        else
        {
            sent = ledger.ValueOf(topic, value);
            wasSent = Send(step.Delivery, writer, output, ref published);
        }

        ledger.NoteFirst(topic, wasSent ? sent : default, qos, step.IsSettled, subscription.SyncedFrom);
        return wasSent;
    }

    private void SendChange(WaitingChange change, PublishWriter writer, OutputBuffer output, ref int published)
    {
        (ChangeRecord record, SentValue value, long number) = (change.Record, change.Value, change.Number);
        Delivery delivery = Changes.Outbox.Take(change);
        QualityOfService qos = delivery.Message.Qos; // as it was published
        bool wasSent = Send(delivery, writer, output, ref published);
        record.Ledger.Finish(record, value, number, qos, wasSent);
    }

    private bool TrySendGroupChange(bool windowOpen, PublishWriter writer, OutputBuffer output, ref int published)
    {
        if (_changes is null) return false;
        foreach (Subscription member in _changes.Memberships)
        {
            SharedGroup group = member.Group!; // it is a member
            if (!group.TryTakeChange(member, windowOpen, out SharedGroup.Taken taken)) continue;
            try
            {
                taken.WasSent = Send(taken.Delivery, writer, output, ref published);
            }
            finally
            {
                group.Finish(taken);
            }

            return true;
        }

        return false;
    }

    private bool HasWindow(bool isNeeded)
    {
        bool hasRoom = _outbox.Count + (_changes?.Outbox.Count ?? 0) < environment.Limits.QueueMessages;
        if (!hasRoom || !isNeeded) return hasRoom;
        int waiting = _outbox.AcknowledgedCount + (_changes?.Outbox.AcknowledgedCount ?? 0);
        return waiting + (_inflight?.Charged ?? 0) < _window && _inflight is not { IsResending: true };
    }

    private void CountDrop(DeliverOutcome outcome, int count)
    {
        if (count == 0) return;
        Dropped += count;
        environment.Metrics.Drop(outcome, count);
        if (outcome is not (DeliverOutcome.QueueFull or DeliverOutcome.OldestDropped) || _isDropping) return;
        _isDropping = true;
        environment.Audit.LimitReached("Limits:QueueMessages, Limits:QueueBytes", session.Subject);
        environment.Logger.QueueOverflow(session.Identity.ClientId, _outbox.Count, _outbox.Bytes, environment.Limits.Overflow);
    }
}

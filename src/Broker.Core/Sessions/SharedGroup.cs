using System.Text;
using Broker.Core.ChangeDetection;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Topics;

namespace Broker.Core.Sessions;

/// <summary>
/// A shared subscription: the members of one group on one filter. Each message goes to one member, in turn; connected
/// members come before absent ones, and members with room in their window before busy ones [MQTT-4.8.2-1]. Who may not receive it
/// is passed over.
/// </summary>
/// <remarks>Threading: change-only values under its own gate; members are replaced as a whole under the gate of <see cref="Subscriptions"/>; readers take the array as it is.</remarks>
internal sealed class SharedGroup(string key, byte[] filter, bool isChangeOnly, SessionEnvironment environment) : TreeEntry, IChangeOwner
{
    private readonly Lock _gate = new(); // of the change-only values; taken under a session's gate, or under none
    private ChangeOutbox? _outbox;
    private ChangeLedger? _ledger;
    private long _syncedFrom = long.MaxValue;
    private Subscription[] _members = [];
    private int _turn;

    /// <summary>Group name and filter as the clients wrote them: <c>$share/group/filter</c>.</summary>
    public string Key { get; } = key;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Path => filter;

    /// <summary>The group's name in UTF-8.</summary>
    public byte[] Name { get; } = Encoding.UTF8.GetBytes(key.Split('/', 3)[1]);

    /// <summary>Whether the group wants only changes; what counts as one, its last subscriber said.</summary>
    public bool IsChangeOnly { get; } = isChangeOnly;

    // Under the gate.
    private ChangeLedger Ledger => _ledger ??= new ChangeLedger(this, _outbox ??= new ChangeOutbox(environment, beside: null), environment);

    /// <summary>Whether nobody is left.</summary>
    public bool IsEmpty => _members.Length == 0;

    /// <summary>It gets publications from now on: of what passed before, it knows nothing.</summary>
    public void Begin()
    {
        lock (_gate) _syncedFrom = environment.Values.ChangeNumber;
    }

    /// <summary>Sets what counts as a change.</summary>
    public void Change(ChangeCriteria criteria)
    {
        lock (_gate)
        {
            if (criteria.IsSameAs(Ledger.Criteria)) return;
            if (Ledger.Criteria is not null) _syncedFrom = environment.Values.ChangeNumber;
            Ledger.Change(criteria);
        }
    }

    /// <summary>Other rules are in force for some topics.</summary>
    public void Adopt(IReadOnlySet<TopicState> changed)
    {
        lock (_gate) _ledger?.Adopt(changed, isAbsent: false);
    }

    /// <summary>Nobody is left: gives up what waits.</summary>
    public void Clear()
    {
        lock (_gate) _ledger?.DropValues();
    }

    /// <summary>Adds a member.</summary>
    public void Add(Subscription member) => Volatile.Write(ref _members, [.. _members, member]);

    /// <summary>Removes a member.</summary>
    public void Remove(Subscription member) => Volatile.Write(ref _members, Array.FindAll(_members, m => m != member));

    /// <summary>Whether some member could take a message of <paramref name="size"/> bytes now.</summary>
    public bool HasRoom(int size)
    {
        foreach (Subscription member in Volatile.Read(ref _members))
        {
            if (member.Session.HasRoom(size)) return true;
        }

        return false;
    }

    /// <summary>What counts as a change for its members; null for an ordinary group.</summary>
    public ChangeCriteria? Criteria => _ledger?.Criteria;

    /// <summary>Whether the session of some member is kept beyond its connection.</summary>
    public bool HasKeptMember => Array.Exists(Volatile.Read(ref _members), member => member.Session.IsKept);

    /// <summary>Whether a member other than <paramref name="except"/> is connected. Takes no lock.</summary>
    public bool HasConnectedMember(Session except)
    {
        foreach (Subscription member in Volatile.Read(ref _members))
        {
            if (member.Session != except && member.Session.IsConnected) return true;
        }

        return false;
    }

    /// <summary>Gives a message to the member whose turn it is, or to the next that takes it.</summary>
    /// <param name="message">The message; the caller keeps its own reference.</param>
    /// <param name="qos">The QoS it was published with.</param>
    /// <param name="batch">Collects the connections to wake.</param>
    /// <param name="except">A session that must not get it (it just gave it back), or null.</param>
    /// <returns>What the member answered that took it, or the last that did not.</returns>
    public DeliverOutcome Deliver(Message message, QualityOfService qos, WakeBatch batch, Session? except = null)
    {
        Subscription[] members = Volatile.Read(ref _members);
        if (members.Length == 0) return DeliverOutcome.SessionEnded;
        int turn = (int)((uint)Interlocked.Increment(ref _turn) % (uint)members.Length);
        for (Readiness readiness = Readiness.Ready; readiness <= Readiness.Absent; readiness++)
        {
            for (int i = 0; i < members.Length; i++)
            {
                Subscription member = members[(turn + i) % members.Length];
                if (member.Session == except || member.Session.Readiness != readiness || !member.Session.HasRoom(message.Size)) continue;
                if (!MayReceive(member, message, qos)) continue;
                DeliverOutcome outcome = DeliverTo(member, message, qos, batch);
                if (IsTaken(outcome)) return outcome;
            }
        }

        return DeliverToAny(members, turn, message, qos, batch, except);
    }

    /// <summary>
    /// Asks those again that changed while they were asked (a busy one became ready, an absent one came back); if all are
    /// full, what happens to the message is the first one's to decide.
    /// </summary>
    private DeliverOutcome DeliverToAny(Subscription[] members, int turn, Message message, QualityOfService qos, WakeBatch batch, Session? except)
    {
        DeliverOutcome outcome = DeliverOutcome.Offline;
        foreach (bool mustHaveRoom in (ReadOnlySpan<bool>)[true, false])
        {
            for (int i = 0; i < members.Length; i++)
            {
                Subscription member = members[(turn + i) % members.Length];
                if (member.Session == except || (mustHaveRoom && !member.Session.HasRoom(message.Size)) || !MayReceive(member, message, qos)) continue;
                outcome = DeliverTo(member, message, qos, batch);
                if (IsTaken(outcome) || outcome == DeliverOutcome.QueueFull) return outcome;
            }
        }

        return outcome;
    }

    /// <summary>
    /// Gives a change to a member that can take it at once, and if none can lets it wait, conflated, for the first that comes: the
    /// group is the subscriber, so no change is lost with a member, and none is overtaken by an older one.
    /// </summary>
    public DeliverOutcome DeliverChange(in Change change, WakeBatch batch)
    {
        Subscription[] members = Volatile.Read(ref _members);
        if (members.Length == 0) return DeliverOutcome.SessionEnded;
        Subscription? taker = TakerOf(members, change.Message, batch);
        ChangeOffer offer;
        lock (_gate)
        {
            var delivery = new Delivery(change.Message, change.Message.Qos, retain: false);
            offer = Ledger.Offer(change, delivery, _syncedFrom, canTake: taker is not null, isHeldUp: taker is null, isAbsent: false, out WaitingChange? kept);
            if (kept is not null) kept.For = kept.IsInLine ? taker : null; // who may be there when an interval is over is not known yet
            while (_outbox!.IsOverfull && _outbox.Peek(windowOpen: true) is { } oldest) GiveUp(oldest); // the ledger made it
        }

        if (offer is ChangeOffer.SendNow or ChangeOffer.Waits or ChangeOffer.Replaced) Wake(members, taker, batch);
        return offer.ToOutcome();
    }

    /// <summary>Something that was sent to a member, or was to be, comes back: others get the topic's value of this moment.</summary>
    /// <param name="message">What comes back; the caller keeps its reference.</param>
    /// <param name="batch">Collects the connections to wake.</param>
    public void DeliverAgain(Message message, WakeBatch batch)
    {
        if (environment.Values.Find(message.Topic) is not { } topic || environment.Values.TakeValue(topic, out bool isSettled) is not { } value)
        {
            Deliver(message, message.Qos, batch); // nothing newer is known
            return;
        }

        lock (_gate) Ledger.OfferAgain(topic, new Delivery(value, value.Qos, retain: false), isSettled, _syncedFrom);
        value.Release();
        Wake(Volatile.Read(ref _members), null, batch);
    }

    /// <summary>
    /// Takes the next change for a member; false if there is none that it may send. Called under the member's session gate. If
    /// there is one, the group's gate is held until <see cref="Finish"/>, so that nothing newer is compared with what was sent before.
    /// </summary>
    /// <param name="member">The member.</param>
    /// <param name="windowOpen">Whether QoS 1 and 2 may be sent.</param>
    /// <param name="taken">The change.</param>
    public bool TryTakeChange(Subscription member, bool windowOpen, out Taken taken)
    {
        taken = default;
        if (Volatile.Read(ref _outbox) is not { } outbox) return false;
        _gate.Enter();
        if (outbox.PeekFor(this, member, windowOpen) is not { } change)
        {
            _gate.Exit();
            return false;
        }

        (SubscriptionOptions options, int identifier) = member.Current;
        (ChangeRecord record, SentValue value, long number) = (change.Record, change.Value, change.Number);
        Delivery waiting = outbox.Take(change);
        QualityOfService qos = waiting.Qos < options.Qos ? waiting.Qos : options.Qos;
        bool retain = options.RetainAsPublished && waiting.Message.Retain;
        taken = new Taken(new Delivery(waiting.Message, qos, retain, identifier, null, this, isChange: true), record, value, number, waiting.Message.Qos);
        return true;
    }

    /// <summary>What was taken has been sent, or could not be.</summary>
    public void Finish(in Taken taken)
    {
        Ledger.Finish(taken.Record, taken.Value, taken.Number, taken.Qos, taken.WasSent);
        _gate.Exit();
    }

    /// <summary>A member goes: what it was to send is for the others. True if there was something.</summary>
    public bool Unassign(Subscription member)
    {
        if (_outbox is null) return false;
        lock (_gate) return _outbox.Unassign(member);
    }

    /// <inheritdoc/>
    void IChangeOwner.ReleaseHeld(WaitingChange change)
    {
        lock (_gate)
        {
            if (!Ledger.Release(change, isAbsent: false)) return; // whoever comes gets it
        }

        WakeBatch batch = WakeBatch.Rent();
        WakeSomebody(batch);
        batch.WakeAndReturn();
    }

    /// <summary>Wakes the members that are connected: the first to look gets what waits.</summary>
    public void WakeSomebody(WakeBatch batch) => Wake(Volatile.Read(ref _members), null, batch);

    private Subscription? TakerOf(Subscription[] members, Message message, WakeBatch batch)
    {
        int turn = (int)((uint)Interlocked.Increment(ref _turn) % (uint)members.Length);
        for (int i = 0; i < members.Length; i++)
        {
            Subscription member = members[(turn + i) % members.Length];
            bool needsWindow = message.Qos != QualityOfService.AtMostOnce && member.Qos != QualityOfService.AtMostOnce;
            if (member.Session.TakesAtOnce(needsWindow, batch) && MayReceive(member, message, message.Qos)) return member;
        }

        return null;
    }

    private static void Wake(Subscription[] members, Subscription? taker, WakeBatch batch)
    {
        if (taker is not null)
        {
            taker.Session.MarkWaiting(batch);
            return;
        }

        foreach (Subscription member in members) member.Session.MarkWaiting(batch);
    }

    private void GiveUp(WaitingChange oldest)
    {
        ChangeRecord record = oldest.Record;
        _outbox!.Drop(oldest); // it waited there
        record.Sent = default; // whatever comes next is a change
    }

    /// <summary>Whether a member may be sent a message through this group. Takes no lock.</summary>
    public bool MayReceive(Subscription member, Message message, QualityOfService qos)
    {
        SubscriptionOptions options = member.Current.Options;
        return member.Session.MayReceive(message, qos < options.Qos ? qos : options.Qos, options.RetainAsPublished && message.Retain, this);
    }

    private static bool IsTaken(DeliverOutcome outcome) => outcome is DeliverOutcome.Queued or DeliverOutcome.OldestDropped;

    private DeliverOutcome DeliverTo(Subscription member, Message message, QualityOfService qos, WakeBatch batch)
    {
        (SubscriptionOptions options, int identifier) = member.Current;
        QualityOfService granted = qos < options.Qos ? qos : options.Qos;
        bool retain = options.RetainAsPublished && message.Retain;
        return member.Session.Deliver(new Delivery(message, granted, retain, identifier, null, this), batch);
    }

    /// <summary>A change that a member is sending.</summary>
    public record struct Taken(Delivery Delivery, ChangeRecord Record, SentValue Value, long Number, QualityOfService Qos)
    {
        /// <summary>Whether it was sent.</summary>
        public bool WasSent { get; set; }
    }
}

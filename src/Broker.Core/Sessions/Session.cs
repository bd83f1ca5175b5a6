using Broker.Core.ChangeDetection;
using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Storage;
using Broker.Core.Time;
using Broker.Core.Topics;

namespace Broker.Core.Sessions;

/// <summary>
/// What the broker owes one client, connected or not: its subscriptions, the messages that wait, those in flight both ways.
/// It belongs to a principal and a client identifier.
/// </summary>
/// <remarks>
/// Threading: its gate guards everything below it; nothing is called out to while it is held except the authorizer and the
/// connection's publish writer. Owner: <see cref="SessionRegistry"/> decides when it begins, changes hands and ends.
/// </remarks>
internal sealed class Session(long number, PublisherIdentity identity, SessionEnvironment environment, Action<Session> expired)
    : WheelTimer, IChangeOwner
{
    private const int SessionRecordBytes = 256; // without subscriptions and messages, about

    private readonly Lock _gate = new();
    private readonly SubscriptionSet _subscriptions = new();
    private Outgoing? _outgoing; // made with the first message
    private ReceivedQos2? _received;
    private AccessSubject _subject = new(identity.Principal, identity.ClientId, null);
    private ISessionConnection? _connection;
    private int _window;
    private bool _ended;

    /// <summary>Distinguishes sessions for as long as the process lives.</summary>
    public long Number { get; } = number;

    /// <summary>Client identifier and principal.</summary>
    public PublisherIdentity Identity { get; } = identity;

    /// <summary>Its connection, or its last one, as rights are asked for it.</summary>
    public AccessSubject Subject
    {
        get => Volatile.Read(ref _subject);
        private set => Volatile.Write(ref _subject, value);
    }

    /// <summary>How long it is kept after its connection ended; written under the registry's gate.</summary>
    public TimeSpan Expiry { get; set; }

    /// <summary>When its last connection ended, in milliseconds since 1970; written under the registry's gate.</summary>
    public long DetachedAt { get; set; }

    /// <summary>The will that its client left, or null; written under the registry's gate.</summary>
    public Will? Will { get; set; }

    /// <summary>What it uses of what its principal and its tenant may; null where nothing is bounded. Changes under its gate.</summary>
    public SessionBudget? Budget { get; set; }

    /// <summary>Where it is written down; null while it is not kept beyond its connection, or nothing is kept. Read under its gate.</summary>
    public SessionJournal? Journal { get; private set; }

    /// <summary>Whether it is kept beyond its connection and written down. A snapshot.</summary>
    public bool IsKept => Journal is not null;

    /// <summary>Messages that were dropped for it, since it began.</summary>
    public long Dropped => _outgoing?.Dropped ?? 0;

    /// <summary>Filters that it subscribed to.</summary>
    public int SubscriptionCount
    {
        get { lock (_gate) return _subscriptions.Count; }
    }

    /// <summary>Whether a connection has it. A snapshot, taken without the gate.</summary>
    public bool IsConnected => Volatile.Read(ref _connection) is not null;

    /// <summary>Whether it has subscribers of changes: values wait for it that newer ones replace.</summary>
    public bool IsChangeOnly
    {
        get { lock (_gate) return _outgoing?.KnownChanges is not null; }
    }

    /// <summary>How soon one more message could be sent. A snapshot.</summary>
    public Readiness Readiness
    {
        get
        {
            lock (_gate)
            {
                if (_ended) return Readiness.Ended;
                if (_connection is null) return Readiness.Absent;
                return _outgoing is not { IsBusy: true } ? Readiness.Ready : Readiness.Busy;
            }
        }
    }

    /// <summary>Whether its queue could take a message of <paramref name="size"/> bytes. A snapshot.</summary>
    public bool HasRoom(int size)
    {
        lock (_gate) return !_ended && Outgoing.HasRoom(size);
    }

    /// <summary>Its principal's bounds changed from none to some: what it uses counts from now on.</summary>
    public void Recount()
    {
        lock (_gate)
        {
            if (_ended || environment.Budgets is not { } budgets || Budget is { Principal: not null }) return;
            SessionBudget? budget = budgets.OfSession(Identity.Principal, Identity.ClientId);
            if (budget?.Principal is not { } principal) return;
            principal.Use(BudgetItem.Sessions, 1);
            principal.Use(BudgetItem.Subscriptions, _subscriptions.Count);
            principal.Use(BudgetItem.QueueBytes, _outgoing?.QueueBytes ?? 0);
            Budget = budget;
            if (_outgoing is not null) _outgoing.Budget = budget;
        }
    }

    /// <summary>Whether its client may be sent a message at this moment.</summary>
    /// <param name="message">The message.</param>
    /// <param name="qos">The QoS it would be sent with.</param>
    /// <param name="retain">The RETAIN flag it would be sent with.</param>
    /// <param name="group">The shared group that it comes through, or null.</param>
    public bool MayReceive(Message message, QualityOfService qos, bool retain, SharedGroup? group)
    {
        if (Subject.Tenant?.Holds(message.Topic) == false) return false; // "acme/#" matches "acme", which is nobody's
        var request = new AccessRequest
        {
            Subject = Subject,
            Action = AccessAction.Receive,
            Topic = message.Topic,
            ShareName = group is null ? default : group.Name,
            Qos = qos,
            Retain = retain,
        };
        return environment.Authorizer.IsAllowed(request);
    }

    /// <summary>Puts a message into the queue; takes its own reference of it if it does.</summary>
    public DeliverOutcome Deliver(in Delivery delivery, WakeBatch batch)
    {
        ISessionConnection? connection;
        DeliverOutcome outcome;
        lock (_gate)
        {
            if (_ended) return DeliverOutcome.SessionEnded;
            connection = _connection;
            if (connection is null && delivery.Qos == QualityOfService.AtMostOnce) return DeliverOutcome.Offline;
            outcome = Outgoing.Add(delivery);
        }

        if (outcome != DeliverOutcome.QueueFull && connection is not null) connection.MarkWaiting(batch);
        return outcome;
    }

    /// <summary>
    /// Delivers a publication as a change: at once if the client can take it, otherwise in place of an older value that waits
    /// for the same subscriber and topic.
    /// </summary>
    /// <param name="subscriptions">A change-only subscription, or all ordinary ones that match a topic with rules: they are one subscriber.</param>
    /// <param name="delivery">What would be sent; the caller keeps its reference of the message. Null if No Local keeps it away.</param>
    /// <param name="change">The publication.</param>
    /// <param name="batch">Collects the connections to wake.</param>
    public DeliverOutcome DeliverChange(ReadOnlySpan<Subscription> subscriptions, in Delivery? delivery, in Change change, WakeBatch batch)
    {
        ISessionConnection? connection;
        ChangeOffer offer;
        lock (_gate)
        {
            if (_ended) return DeliverOutcome.SessionEnded;
            connection = _connection;
            bool isHeldUp = connection is null || connection.IsHeldUp(batch);
            offer = Outgoing.Offer(subscriptions, delivery, change, isHeldUp, isAbsent: connection is null);
        }

        if (offer is not (ChangeOffer.Unchanged or ChangeOffer.Lost)) connection?.MarkWaiting(batch);
        return offer.ToOutcome();
    }

    /// <summary>Whether one more change of a shared group would leave at once.</summary>
    public bool TakesAtOnce(bool needsWindow, WakeBatch batch)
    {
        lock (_gate) return !_ended && _connection is { } connection && !connection.IsHeldUp(batch) && Outgoing.TakesAtOnce(needsWindow);
    }

    /// <summary>Something waits for it elsewhere: its connection is to look. Takes no lock.</summary>
    public void MarkWaiting(WakeBatch batch) => Volatile.Read(ref _connection)?.MarkWaiting(batch);

    /// <inheritdoc/>
    void IChangeOwner.ReleaseHeld(WaitingChange change)
    {
        ISessionConnection? connection;
        lock (_gate)
        {
            if (_ended || !change.Record.Ledger.Release(change, isAbsent: _connection is null)) return;
            connection = _connection;
        }

        WakeBatch batch = WakeBatch.Rent();
        connection?.MarkWaiting(batch);
        batch.WakeAndReturn();
    }

    /// <summary>
    /// Puts the last values of change-only subscriptions in line that may have been lost with an earlier connection, since nobody
    /// acknowledged them, or that the earlier connection was still owed.
    /// </summary>
    public void ReplayLost(WakeBatch batch)
    {
        List<Replay> replays;
        lock (_gate) replays = _outgoing?.KnownChanges?.LostValues() ?? [];
        foreach (Replay replay in replays) Replay(replay, batch);
    }

    /// <summary>The last values that a new subscription gets first.</summary>
    public Replay FirstValues(Subscription subscription)
    {
        lock (_gate) return Outgoing.Changes.FirstValues(subscription, ReplayScope.All, since: 0);
    }

    /// <summary>
    /// Rights changed, or a client is back after that: if something was kept from it, the last values of its change-only
    /// subscriptions are put in line; and what it was to send for shared groups is for whoever may receive it now.
    /// </summary>
    public void ReplayWithheld(WakeBatch batch)
    {
        List<Replay> replays = [];
        List<SharedGroup> groups = [];
        lock (_gate)
        {
            if (_connection is null || _outgoing is null) return;
            if (_outgoing.TakeWithheld()) replays = _outgoing.Changes.AllValues();
            _outgoing.KnownChanges?.Unassign(groups);
        }

        foreach (Replay replay in replays) Replay(replay, batch);
        foreach (SharedGroup group in groups) group.WakeSomebody(batch);
    }

    /// <summary>Gives what came through shared groups and may not be sent to this client to other members. No lock may be held.</summary>
    public void HandOnRefused()
    {
        if (Volatile.Read(ref _outgoing) is not { HasRefused: true } outgoing) return;
        List<Delivery>? refused;
        lock (_gate) refused = outgoing.TakeRefused();
        if (refused is null) return;
        WakeBatch batch = WakeBatch.Rent();
        environment.Journal?.Store.BeginGroup(); // taken here and put there are one atom: a crash finds it with one of them
        try
        {
            foreach (Delivery delivery in refused)
            {
                lock (_gate) Journal?.Removed(delivery.Entry);
                SharedGroup group = delivery.Group!; // only those of groups are here
                if (delivery.IsChange) group.DeliverAgain(delivery.Message, batch);
                else group.Deliver(delivery.Message, delivery.Message.Qos, batch, except: this);
                delivery.Message.Release();
            }
        }
        finally
        {
            environment.Journal?.Store.EndGroup();
            batch.WakeAndReturn();
        }
    }

    /// <summary>Puts the retained messages or last values of a new subscription in line.</summary>
    public void Replay(Replay replay, WakeBatch batch)
    {
        ISessionConnection? connection;
        lock (_gate)
        {
            if (_ended || _connection is null)
            {
                replay.Dispose();
                return;
            }

            connection = _connection;
            Outgoing.Add(replay);
        }

        connection.MarkWaiting(batch);
    }

    /// <summary>
    /// Writes what may be sent now: first what an earlier connection left unfinished, then retained messages of new
    /// subscriptions, then what waits, QoS 1 and 2 as far as the window allows.
    /// </summary>
    /// <returns>Whether the buffer filled up before everything was written.</returns>
    public bool Drain(ISessionConnection connection, OutputBuffer output, out int published)
    {
        published = 0;
        if (Volatile.Read(ref _outgoing) is null) return false; // whoever makes it marks the connection afterwards
        bool isFull;
        long awaited;
        lock (_gate)
        {
            if (_connection != connection || _outgoing is null) return false;
            isFull = _outgoing.Drain(connection.PublishWriter, output, ref published);
            awaited = isFull || Journal is null ? 0 : _outgoing.TakeAwaited();
        }

        if (awaited != 0) connection.WakeAfter(awaited);
        return isFull;
    }

    /// <summary>The client acknowledged a QoS 1 message. False: it was not QoS 1, a protocol error.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="hasMore">Whether something waits that may leave now.</param>
    public bool Acknowledge(ushort packetId, out bool hasMore)
    {
        lock (_gate)
        {
            hasMore = false;
            if (_outgoing is null) return true;
            bool fits = _outgoing.Acknowledge(packetId);
            hasMore = _outgoing.HasMore;
            return fits;
        }
    }

    /// <summary>The client has a QoS 2 message, or refused it. False: it was not QoS 2, a protocol error.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="refused">Whether the reason code was 0x80 or above: then the exchange is over [MQTT-4.3.3-4].</param>
    /// <param name="answer">What PUBREL has to say; null if none is due.</param>
    /// <param name="commit">The commit that PUBREL has to wait for; 0 if none.</param>
    public bool Received(ushort packetId, bool refused, out ReasonCode? answer, out long commit)
    {
        lock (_gate)
        {
            commit = 0;
            answer = ReasonCode.PacketIdentifierNotFound;
            return _outgoing is null || _outgoing.Received(packetId, refused, out answer, out commit);
        }
    }

    /// <summary>The client finished a QoS 2 message. False: PUBREL was not sent yet, a protocol error.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="hasMore">Whether something waits that may leave now.</param>
    public bool Complete(ushort packetId, out bool hasMore)
    {
        lock (_gate)
        {
            hasMore = false;
            if (_outgoing is null) return true;
            bool fits = _outgoing.Complete(packetId);
            hasMore = _outgoing.HasMore;
            return fits;
        }
    }

    /// <summary>A QoS 2 publication arrives from the client: whether it is new, or one too many.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="maximum">How many may be unfinished on this connection.</param>
    /// <param name="commit">Of a duplicate, what its acknowledgement has to wait for; 0 if nothing.</param>
    public ReceiveOutcome BeginReceive(ushort packetId, int maximum, out long commit)
    {
        lock (_gate) return (_received ??= new ReceivedQos2()).Begin(packetId, maximum, out commit);
    }

    /// <summary>A QoS 2 publication was accepted; every PUBREC of it waits for this commit.</summary>
    public void NoteReceived(ushort packetId, long commit)
    {
        lock (_gate) _received?.Note(packetId, commit);
    }

    /// <summary>Writes down that a QoS 2 publication was accepted, if the session is kept, together with what was appended for it.</summary>
    public void KeepReceived(ushort packetId, AckLevel level)
    {
        lock (_gate)
        {
            if (Journal is not { } journal || _received is not { } received) return;
            received.Note(packetId, journal.Received(packetId, level));
            received.Keep(packetId);
        }
    }

    /// <summary>Unfinished QoS 2 publications that the client sent on this connection.</summary>
    public int Receiving
    {
        get
        {
            if (Volatile.Read(ref _received) is not { } received) return 0; // only whoever asks could make it
            lock (_gate) return received.Charged;
        }
    }

    /// <summary>A QoS 2 publication was refused: its identifier is free again.</summary>
    public void RefuseReceive(ushort packetId)
    {
        lock (_gate) _received?.End(packetId);
    }

    /// <summary>The client released a QoS 2 publication. False: the identifier was not known.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="commit">The commit that PUBCOMP has to wait for; 0 if none.</param>
    public bool EndReceive(ushort packetId, out long commit)
    {
        lock (_gate)
        {
            commit = 0;
            if (_received is null || !_received.End(packetId)) return false;
            commit = Journal?.ReceivedEnded(packetId) ?? 0;
            return true;
        }
    }

    /// <summary>Whether a packet identifier of the client is taken by an unfinished QoS 2 publication.</summary>
    public bool IsReceiving(ushort packetId)
    {
        if (Volatile.Read(ref _received) is not { } received) return false; // only whoever asks could make it
        lock (_gate) return received.Contains(packetId);
    }

    /// <summary>Writes all of it again, for a checkpoint; under the registry's gate.</summary>
    /// <param name="detachedAt">When its connection ended, in milliseconds since 1970; 0 while it has one.</param>
    public void Checkpoint(long detachedAt)
    {
        lock (_gate)
        {
            if (_ended || Journal is null) return;
            List<KeptDelivery> deliveries = [];
            _outgoing?.CollectKept(deliveries);
            Journal.Snapshot(this, detachedAt, _subscriptions.Values, _received?.Kept ?? [], deliveries);
        }
    }

    /// <summary>Bytes that <see cref="Checkpoint"/> would write, about.</summary>
    public long KeptBytes
    {
        get { lock (_gate) return Journal is null ? 0 : SessionRecordBytes + (_outgoing?.KeptBytes ?? 0); }
    }

    /// <summary>The shared group that one of its filters is a member of, or null.</summary>
    public SharedGroup? GroupOf(string filter)
    {
        lock (_gate) return _subscriptions.Find(System.Text.Encoding.UTF8.GetBytes(filter))?.Group;
    }

    /// <summary>Takes up what an earlier run of the broker left of it.</summary>
    /// <param name="received">Packet identifiers of unfinished QoS 2 publications of the client.</param>
    /// <param name="deliveries">What waits and what was in flight, in order, each with the reference of its message.</param>
    public void Restore(IReadOnlyCollection<ushort> received, IReadOnlyList<KeptDelivery> deliveries)
    {
        lock (_gate)
        {
            Journal = new SessionJournal(environment.Journal!, Number); // what was kept comes out of the journal
            foreach (ushort id in received) (_received ??= new ReceivedQos2()).Restore(id);
            foreach (KeptDelivery delivery in deliveries) Outgoing.Restore(delivery);
        }
    }

    /// <summary>A connection takes the session over; what is unfinished is sent again.</summary>
    public void Attach(ISessionConnection connection, AccessSubject subject, int window)
    {
        lock (_gate)
        {
            if (Expiry == TimeSpan.Zero) Journal = null;
            else if (environment.Journal is { } journal) Journal ??= new SessionJournal(journal, Number);
            _connection = connection;
            Subject = subject;
            _window = window;
            _outgoing?.BeginConnection(window);
            _received?.BeginConnection();
        }
    }

    /// <summary>
    /// The connection is gone: QoS 0 is dropped, and what other members of a shared group can have at once is taken out into
    /// <paramref name="shared"/>. False if another connection has the session by now.
    /// </summary>
    public bool Detach(ISessionConnection connection, List<Delivery> shared)
    {
        lock (_gate)
        {
            if (_connection != connection) return false;
            Release();
            _outgoing?.TakeShared(shared, except: this);
            return true;
        }
    }

    /// <summary>Another connection of the same client takes the session over; everything stays in it.</summary>
    public void HandOver()
    {
        lock (_gate) Release();
    }

    /// <summary>Takes back what no other member of its shared group would have.</summary>
    public void Keep(in Delivery delivery)
    {
        lock (_gate)
        {
            if (!_ended) Outgoing.Add(delivery);
        }
    }

    /// <summary>The session is over: releases everything, and returns its subscriptions for removal.</summary>
    public Subscription[] End(List<Delivery> shared)
    {
        lock (_gate)
        {
            _ended = true;
            _connection = null;
            Journal = null; // the end is one record
            _outgoing?.TakeShared(shared, except: null);
            _outgoing?.Clear();
            Subscription[] ended = _subscriptions.Take();
            Budget?.Use(BudgetItem.Subscriptions, -ended.Length);
            Budget?.Use(BudgetItem.Sessions, -1);
            Budget?.Principal?.Return();
            Budget = null;
            return ended;
        }
    }

    /// <summary>Subscribes to a filter, or changes the options of a subscription that is there [MQTT-3.8.4-3].</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="options">What the client asked for.</param>
    /// <param name="identifier">The Subscription Identifier; 0 for none.</param>
    /// <param name="criteria">What counts as a change, where only changes are wanted; null otherwise.</param>
    /// <param name="all">The broker's subscriptions, where it is added.</param>
    /// <param name="subscription">The subscription, if there is one now.</param>
    public SubscribeOutcome Subscribe(
        TopicFilter filter, SubscriptionOptions options, int identifier, ChangeCriteria? criteria, Subscriptions all, out Subscription? subscription)
    {
        ReadOnlySpan<byte> key = filter.Key;
        lock (_gate)
        {
            subscription = null;
            if (_ended) return SubscribeOutcome.SessionEnded;
            subscription = _subscriptions.Find(key);
            if (subscription is not null)
            {
                subscription.Change(options, identifier);
                _outgoing?.KnownChanges?.Change(subscription, criteria, wantsFirst: options.RetainHandling == RetainHandling.Send);
                Journal?.Subscribed(subscription);
                return SubscribeOutcome.Changed;
            }

            if (_subscriptions.Count >= environment.Limits.SubscriptionsPerSession) return SubscribeOutcome.TooMany;
            if (Budget?.TryUse(BudgetItem.Subscriptions, 1, Subject) == false) return SubscribeOutcome.TooMany;
            subscription = new Subscription(this, key.ToArray()) { IsChangeOnly = filter.IsChangeOnly };
            subscription.Change(options, identifier);
            if (criteria is not null && !filter.IsShared) subscription.Changes = Outgoing.Changes.NewLedger(criteria);
            _subscriptions.Add(subscription);
            all.Add(subscription, filter, criteria);
            Journal?.Subscribed(subscription);
            bool mayBeChangeOnly = filter.IsChangeOnly || filter.IsShared || environment.Values.HasRules;
            if (mayBeChangeOnly) Outgoing.Changes.Add(subscription, wantsFirst: options.RetainHandling != RetainHandling.DoNotSend);
            return SubscribeOutcome.Added;
        }
    }

    /// <summary>Ends a subscription; false if there was none. What waits in the queue is still delivered [MQTT-3.10.4-3].</summary>
    /// <param name="key">The filter as the client wrote it, in UTF-8.</param>
    /// <param name="all">The broker's subscriptions, where it is removed.</param>
    /// <param name="batch">Collects the connections to wake: what it was to send for a shared group is for the others.</param>
    public bool Unsubscribe(ReadOnlySpan<byte> key, Subscriptions all, WakeBatch batch)
    {
        SharedGroup? left;
        lock (_gate)
        {
            if (_subscriptions.Remove(key) is not { } subscription) return false;
            all.Remove(subscription);
            Budget?.Use(BudgetItem.Subscriptions, -1);
            left = _outgoing?.KnownChanges?.Remove(subscription);
            Journal?.Unsubscribed(key);
        }

        left?.WakeSomebody(batch);
        return true;
    }

    /// <inheritdoc/>
    protected internal override void Expired(long nowMs) => expired(this);

    /// <summary>Everything that is to leave; made when there is something.</summary>
    private Outgoing Outgoing => _outgoing ??= new Outgoing(this, environment, _subscriptions, _window);

    private void Release()
    {
        _connection = null;
        _outgoing?.EndConnection();
    }
}

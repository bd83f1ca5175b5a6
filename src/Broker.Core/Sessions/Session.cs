using System.Text;
using Broker.Core.ChangeDetection;
using Broker.Core.Messages;
using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Telemetry;
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
internal sealed class Session(long number, PublisherIdentity identity, SessionEnvironment environment, Action<Session> expired) : WheelTimer
{
    private readonly Lock _gate = new();
    private readonly Outbox _outbox = new(environment.Limits, environment.Clock);
    private readonly Dictionary<string, Subscription> _subscriptions = [];
    private InflightWindow? _inflight;
    private ReceivedQos2? _received;
    private Queue<Replay>? _replays;
    private ChangeOutbox? _changes;
    private ISessionConnection? _connection;
    private int _window;
    private bool _ended;
    private bool _isDropping; // a run of drops was logged, and has not ended

    /// <summary>Distinguishes sessions for as long as the process lives.</summary>
    public long Number { get; } = number;

    /// <summary>Client identifier and principal.</summary>
    public PublisherIdentity Identity { get; } = identity;

    /// <summary>How long it is kept after its connection ended; written under the registry's gate.</summary>
    public TimeSpan Expiry { get; set; }

    /// <summary>The will that its client left, or null; written under the registry's gate.</summary>
    public Will? Will { get; set; }

    /// <summary>Messages that were dropped for it, since it began.</summary>
    public long Dropped { get; private set; }

    /// <summary>Filters that it subscribed to.</summary>
    public int SubscriptionCount
    {
        get { lock (_gate) return _subscriptions.Count; }
    }

    /// <summary>Whether a connection has it. A snapshot, taken without the gate.</summary>
    public bool IsConnected => Volatile.Read(ref _connection) is not null;

    /// <summary>How soon one more message could be sent. A snapshot.</summary>
    public Readiness Readiness
    {
        get
        {
            lock (_gate)
            {
                if (_ended) return Readiness.Ended;
                if (_connection is null) return Readiness.Absent;
                return _outbox.Count == 0 && (_inflight?.Charged ?? 0) < _window ? Readiness.Ready : Readiness.Busy;
            }
        }
    }

    /// <summary>Whether its queue could take a message of <paramref name="size"/> bytes. A snapshot.</summary>
    public bool HasRoom(int size)
    {
        lock (_gate)
        {
            bool hasRoom = !_ended && _outbox.HasRoom(size);
            CountDrop(DeliverOutcome.Expired, _outbox.TakePurged());
            return hasRoom;
        }
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
            outcome = Add(delivery);
        }

        if (outcome != DeliverOutcome.QueueFull && connection is not null) connection.MarkWaiting(batch);
        return outcome;
    }

    /// <summary>
    /// Delivers a publication as a change: at once if the client can take it, otherwise in place of an older value that waits
    /// for the same subscription and topic.
    /// </summary>
    /// <param name="subscription">One of this session's.</param>
    /// <param name="delivery">What would be sent; the caller keeps its reference of the message.</param>
    /// <param name="change">The publication.</param>
    /// <param name="batch">Collects the connections to wake.</param>
    public DeliverOutcome DeliverChange(Subscription subscription, in Delivery delivery, in Change change, WakeBatch batch)
    {
        ISessionConnection? connection;
        ChangeOffer offer;
        lock (_gate)
        {
            if (_ended) return DeliverOutcome.SessionEnded;
            connection = _connection;
            if (connection is null && delivery.Qos == QualityOfService.AtMostOnce) return DeliverOutcome.Offline; // it gets the last values when it is back
            if (!change.IsChanged && !subscription.IsTracked) return DeliverOutcome.Unchanged;
            _changes ??= new ChangeOutbox(this, environment);
            offer = _changes.Offer(subscription, delivery, change, CanTakeAtOnce(subscription, delivery, connection, batch));
            if (offer == ChangeOffer.SendNow)
            {
                delivery.Message.AddReference();
                _outbox.TryAdd(delivery, out _); // there is room: that was asked just now
            }
        }

        if (offer is ChangeOffer.Unchanged) return DeliverOutcome.Unchanged;
        connection?.MarkWaiting(batch);
        return offer is ChangeOffer.Replaced or ChangeOffer.Withdrawn ? DeliverOutcome.Conflated : DeliverOutcome.Queued;
    }

    /// <summary>The minimum interval of a value that waits is over.</summary>
    public void ReleaseHeld(WaitingChange change)
    {
        ISessionConnection? connection;
        lock (_gate)
        {
            if (_ended || _changes is null || !_changes.Release(change)) return;
            connection = _connection;
        }

        WakeBatch batch = WakeBatch.Rent();
        connection?.MarkWaiting(batch);
        batch.WakeAndReturn();
    }

    /// <summary>
    /// Puts the last values of change-only subscriptions in line whose messages may have been lost with an earlier connection:
    /// nobody acknowledged them.
    /// </summary>
    public void ReplayUnacknowledged(LastValues values, WakeBatch batch)
    {
        List<Replay> replays = [];
        lock (_gate)
        {
            foreach (Subscription subscription in _subscriptions.Values)
            {
                if (subscription.Qos != QualityOfService.AtMostOnce || subscription.Group is not null) continue;
                subscription.ForgetTracks();
                TopicFilter.TryParse(Encoding.UTF8.GetBytes(subscription.Filter), int.MaxValue, int.MaxValue, out TopicFilter filter);
                replays.Add(new LastValueReplay(subscription, values, filter.Filter.ToArray(), onlyRuled: subscription.Criteria is null));
            }
        }

        foreach (Replay replay in replays) Replay(replay, batch);
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
            _replays ??= new Queue<Replay>();
            foreach (Replay earlier in _replays)
            {
                bool isAskedAgain = earlier.Subscription == replay.Subscription && earlier.GetType() == replay.GetType();
                if (isAskedAgain) earlier.Dispose(); // what was left is in the new one
            }

            while (_replays.TryPeek(out Replay? first) && first.IsFinished) _replays.Dequeue();
            replay.Turn = _outbox.NextNumber;
            _replays.Enqueue(replay);
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
        lock (_gate)
        {
            if (_connection != connection) return false;
            while (output.WrittenCount < OutputBuffer.TargetBytes)
            {
                if (!TrySendNext(connection.PublishWriter, output, ref published))
                {
                    if (_outbox.Count == 0) _isDropping = false;
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>The client acknowledged a QoS 1 message. False: it was not QoS 1, a protocol error.</summary>
    public bool Acknowledge(ushort packetId)
    {
        lock (_gate)
        {
            if (_inflight is null || !_inflight.TryGet(packetId, out QualityOfService qos, out _)) return true; // [MQTT-4.3.2-5]
            if (qos != QualityOfService.AtLeastOnce) return false;
            _inflight.Remove(packetId);
            return true;
        }
    }

    /// <summary>The client has a QoS 2 message, or refused it. False: it was not QoS 2, a protocol error.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="refused">Whether the reason code was 0x80 or above: then the exchange is over [MQTT-4.3.3-4].</param>
    /// <param name="answer">What PUBREL has to say; null if none is due.</param>
    public bool Received(ushort packetId, bool refused, out ReasonCode? answer)
    {
        lock (_gate)
        {
            answer = ReasonCode.PacketIdentifierNotFound;
            if (_inflight is null || !_inflight.TryGet(packetId, out QualityOfService qos, out InflightWindow.Stage stage)) return true;
            if (qos != QualityOfService.ExactlyOnce) return false;
            answer = refused ? null : ReasonCode.Success;
            if (refused) _inflight.Remove(packetId);
            else if (stage == InflightWindow.Stage.Published) _inflight.Release(packetId);
            return true;
        }
    }

    /// <summary>The client finished a QoS 2 message. False: PUBREL was not sent yet, a protocol error.</summary>
    public bool Complete(ushort packetId)
    {
        lock (_gate)
        {
            if (_inflight is null || !_inflight.TryGet(packetId, out _, out InflightWindow.Stage stage)) return true;
            if (stage != InflightWindow.Stage.Released) return false;
            _inflight.Remove(packetId);
            return true;
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

    /// <summary>Unfinished QoS 2 publications that the client sent on this connection.</summary>
    public int Receiving
    {
        get { lock (_gate) return _received?.Charged ?? 0; }
    }

    /// <summary>The client released a QoS 2 publication, or it was refused. False: the identifier was not known.</summary>
    public bool EndReceive(ushort packetId)
    {
        lock (_gate) return _received is not null && _received.End(packetId);
    }

    /// <summary>Whether a packet identifier of the client is taken by an unfinished QoS 2 publication.</summary>
    public bool IsReceiving(ushort packetId)
    {
        lock (_gate) return _received is not null && _received.Contains(packetId);
    }

    /// <summary>A connection takes the session over; what is unfinished is sent again.</summary>
    public void Attach(ISessionConnection connection, int window)
    {
        lock (_gate)
        {
            _connection = connection;
            _window = window;
            _inflight?.BeginResend();
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
            _inflight?.TakeShared(shared, except: this);
            _outbox.TakeShared(shared, except: this);
            _changes?.TakeShared(shared, except: this);
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
            if (!_ended) Add(delivery);
        }
    }

    /// <summary>The session is over: releases everything, and returns its subscriptions for removal.</summary>
    public Subscription[] End(List<Delivery> shared)
    {
        lock (_gate)
        {
            _ended = true;
            _connection = null;
            _inflight?.TakeShared(shared, except: null);
            _outbox.TakeShared(shared, except: null);
            _changes?.TakeShared(shared, except: null);
            _changes?.Clear();
            _outbox.Clear();
            _inflight?.Clear();
            DropReplays();
            Subscription[] subscriptions = [.. _subscriptions.Values];
            _subscriptions.Clear();
            return subscriptions;
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
        string share = filter.IsShared ? $"$share/{Encoding.UTF8.GetString(filter.Group)}/" : "";
        string key = $"{share}{(filter.IsChangeOnly ? "$changes/" : "")}{Encoding.UTF8.GetString(filter.Filter)}";
        bool knowsValues = options.RetainHandling == RetainHandling.Send;
        lock (_gate)
        {
            subscription = null;
            if (_ended) return SubscribeOutcome.SessionEnded;
            if (_subscriptions.TryGetValue(key, out subscription))
            {
                subscription.Change(options, identifier);
                if (criteria is null) return SubscribeOutcome.Changed;
                subscription.Change(criteria, knowsValues);
                _changes?.Drop(subscription);
                return SubscribeOutcome.Changed;
            }

            if (_subscriptions.Count >= environment.Limits.SubscriptionsPerSession) return SubscribeOutcome.TooMany;
            subscription = new Subscription(this, key);
            subscription.Change(options, identifier);
            subscription.Change(criteria, knowsValues);
            _subscriptions.Add(key, subscription);
            all.Add(subscription, filter);
            return SubscribeOutcome.Added;
        }
    }

    /// <summary>Ends a subscription; false if there was none. What already waits is still delivered [MQTT-3.10.4-3].</summary>
    public bool Unsubscribe(string key, Subscriptions all)
    {
        lock (_gate)
        {
            if (!_subscriptions.Remove(key, out Subscription? subscription)) return false;
            all.Remove(subscription);
            _changes?.Drop(subscription);
            return true;
        }
    }

    /// <inheritdoc/>
    protected internal override void Expired(long nowMs) => expired(this);

    /// <summary>Queues a message with a reference of its own, and counts what that cost.</summary>
    private DeliverOutcome Add(in Delivery delivery)
    {
        DeliverOutcome outcome = _outbox.TryAdd(delivery, out int droppedOldest);
        CountDrop(DeliverOutcome.Expired, _outbox.TakePurged());
        CountDrop(DeliverOutcome.OldestDropped, droppedOldest);
        if (outcome == DeliverOutcome.QueueFull) CountDrop(outcome, 1);
        else delivery.Message.AddReference();
        return outcome;
    }

    private bool TrySendNext(PublishWriter writer, OutputBuffer output, ref int published)
    {
        bool windowOpen = (_inflight?.Charged ?? 0) < _window && (_inflight?.Count ?? 0) < ushort.MaxValue;
        if (_inflight is { IsResending: true })
        {
            if (_inflight.TryResendNext(_window, out ushort id, out InflightWindow.Stage stage, out Delivery again))
            {
                if (stage == InflightWindow.Stage.Released) AckPacket.Write(output, PacketType.PubRel, id, ReasonCode.Success, default, ProtocolVersion.V311);
                else Send(again, id, writer, output, ref published);
                return true;
            }

            windowOpen = false; // new messages wait behind the old ones [MQTT-4.6.0-1]
        }

        long turn = _replays is not null && _replays.TryPeek(out Replay? replay) ? replay.Turn : 0;
        bool any = (turn > 0 && _outbox.TryTake(windowOpen, turn, out Delivery delivery)) // what was there before the replay [MQTT-4.6.0-5]
            || TryTakeReplay(windowOpen, out delivery)
            || _outbox.TryTake(windowOpen, long.MaxValue, out delivery)
            || TryTakeChange(windowOpen, out delivery);
        if (!any) return false;
        Send(delivery, again: 0, writer, output, ref published);
        return true;
    }

    /// <summary>Sends one delivery, whose reference goes to the window or ends here.</summary>
    private void Send(in Delivery delivery, ushort again, PublishWriter writer, OutputBuffer output, ref int published)
    {
        Message message = delivery.Message;
        DeliverOutcome outcome = DeliverOutcome.Queued;
        ushort id = again;
        if (again == 0 && message.HasExpired(environment.Clock.Now)) outcome = DeliverOutcome.Expired; // [MQTT-3.3.2-5]
        else if (!environment.Authorizer.IsAllowed(Identity.Principal, AccessAction.Receive, message.Topic)) outcome = DeliverOutcome.NotAuthorized;
        else
        {
            if (delivery.Qos != QualityOfService.AtMostOnce && again == 0) id = (_inflight ??= new InflightWindow()).Add(delivery);
            var header = new PublishHeader(delivery.Qos, delivery.Retain, Dup: again != 0); // [MQTT-3.3.1-1]
            var identifiers = new SubscriptionIdentifiers(delivery.Identifier, delivery.MoreIdentifiers);
            if (!writer.TryWrite(output, message, header, id, identifiers, environment.Clock.Now)) outcome = DeliverOutcome.TooLarge;
        }

        if (outcome == DeliverOutcome.Queued) published++;
        else CountDrop(outcome, 1);
        if (id != 0)
        {
            if (outcome != DeliverOutcome.Queued) _inflight!.Remove(id); // it is there: added above, or being sent again
        }
        else
        {
            message.Release();
        }
    }

    private bool TryTakeReplay(bool windowOpen, out Delivery delivery)
    {
        delivery = default;
        while (_replays is { Count: > 0 })
        {
            Replay replay = _replays.Peek();
            while (replay.TryTake(windowOpen, environment.Clock.Now, out delivery, out TopicState? topic))
            {
                if (topic is null) return true;
                bool isNewerOnItsWay = _changes?.Find(replay.Subscription, topic) is not null;
                if (!isNewerOnItsWay)
                {
                    NoteSent(replay.Subscription, topic, delivery.Message);
                    return true;
                }

                delivery.Message.Release();
            }

            if (!replay.IsFinished) return false;
            _replays.Dequeue();
        }

        return false;
    }

    private bool TryTakeChange(bool windowOpen, out Delivery delivery)
    {
        delivery = default;
        if (_changes is null || !_changes.TryTake(windowOpen, out WaitingChange change)) return false;
        delivery = change.Delivery;
        return true;
    }

    private void NoteSent(Subscription subscription, TopicState topic, Message value)
    {
        if (!subscription.IsTracked) return;
        subscription.TrackOf(topic).Sent(value.Payload, subscription.Criteria!, environment.Clock.Now, environment.Values.DigestKey); // tracked: it has criteria
    }

    private bool CanTakeAtOnce(Subscription subscription, in Delivery delivery, ISessionConnection? connection, WakeBatch batch)
    {
        if (connection is null || connection.IsHeldUp(batch) || !_outbox.HasRoom(delivery.Message.Size)) return false;
        foreach (Replay replay in _replays ?? [])
        {
            if (replay.Subscription == subscription && !replay.IsFinished) return false; // the first value comes first
        }

        bool needsWindow = delivery.Qos != QualityOfService.AtMostOnce;
        return !needsWindow || (_outbox.AcknowledgedCount + (_inflight?.Charged ?? 0) < _window && _inflight is not { IsResending: true });
    }

    private void Release()
    {
        _connection = null;
        _changes?.DropUnacknowledged();
        CountDrop(DeliverOutcome.Offline, _outbox.DropUnacknowledged());
        DropReplays();
    }

    private void DropReplays()
    {
        foreach (Replay replay in _replays ?? []) replay.Dispose();
        _replays = null;
    }

    private void CountDrop(DeliverOutcome outcome, int count)
    {
        if (count == 0) return;
        Dropped += count;
        environment.Metrics.Drop(outcome, count);
        if (outcome is not (DeliverOutcome.QueueFull or DeliverOutcome.OldestDropped) || _isDropping) return;
        _isDropping = true;
        environment.Logger.QueueOverflow(Identity.ClientId, _outbox.Count, _outbox.Bytes, environment.Limits.Overflow);
    }
}

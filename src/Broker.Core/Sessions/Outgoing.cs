using Broker.Core.ChangeDetection;
using Broker.Core.Messages;
using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Telemetry;

namespace Broker.Core.Sessions;

/// <summary>
/// Everything that is to leave a session, and in which order: what an earlier connection left unfinished, then first values of
/// new subscriptions in their turn, then what waits, then conflated changes; QoS 1 and 2 as far as the window allows.
/// </summary>
/// <remarks>Threading: none of its own; every call under the session's gate. Owner: its session.</remarks>
internal sealed class Outgoing(Session session, SessionEnvironment environment, int window)
{
    private readonly Outbox _outbox = new(environment.Limits, environment.Clock);
    private InflightWindow? _inflight;
    private Queue<Replay>? _replays;
    private ChangeOutbox? _changes;
    private int _window = window;
    private bool _isDropping; // a run of drops was logged, and has not ended

    /// <summary>Messages that were dropped, since the session began.</summary>
    public long Dropped { get; private set; }

    /// <summary>Whether something waits already, or the window is full.</summary>
    public bool IsBusy => _outbox.Count > 0 || (_inflight?.Charged ?? 0) >= _window;

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
        DeliverOutcome outcome = _outbox.TryAdd(delivery, out int droppedOldest);
        CountDrop(DeliverOutcome.Expired, _outbox.TakePurged());
        CountDrop(DeliverOutcome.OldestDropped, droppedOldest);
        if (outcome == DeliverOutcome.QueueFull) CountDrop(outcome, 1);
        else delivery.Message.AddReference();
        return outcome;
    }

    /// <summary>Offers a change: it is queued if the client can take it, and waits conflated otherwise.</summary>
    /// <param name="subscription">One of the session's.</param>
    /// <param name="delivery">What would be sent; the caller keeps its reference of the message.</param>
    /// <param name="change">The publication.</param>
    /// <param name="isHeldUp">Whether there is no connection, or it does not take what is there.</param>
    public ChangeOffer Offer(Subscription subscription, in Delivery delivery, in Change change, bool isHeldUp)
    {
        _changes ??= new ChangeOutbox(session, environment);
        ChangeOffer offer = _changes.Offer(subscription, delivery, change, canTake: !isHeldUp && CanTakeAtOnce(subscription, delivery));
        if (offer != ChangeOffer.SendNow) return offer;
        delivery.Message.AddReference();
        _outbox.TryAdd(delivery, out _); // there is room: that was asked just now
        return offer;
    }

    /// <summary>The minimum interval of a change is over; false if it no longer waits for that.</summary>
    public bool Release(WaitingChange change) => _changes is not null && _changes.Release(change);

    /// <summary>Drops the changes that wait for a subscription.</summary>
    public void Drop(Subscription subscription) => _changes?.Drop(subscription);

    /// <summary>Puts the first values of a subscription in line.</summary>
    public void Add(Replay replay)
    {
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

    /// <summary>Writes what may be sent now; true if the buffer filled up before everything was written.</summary>
    public bool Drain(PublishWriter writer, OutputBuffer output, ref int published)
    {
        while (output.WrittenCount < OutputBuffer.TargetBytes)
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
        _inflight.Remove(packetId);
        return true;
    }

    /// <summary>PUBREC came. False: the message was not QoS 2, a protocol error.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="refused">Whether the reason code was 0x80 or above: then the exchange is over [MQTT-4.3.3-4].</param>
    /// <param name="answer">What PUBREL has to say; null if none is due.</param>
    public bool Received(ushort packetId, bool refused, out ReasonCode? answer)
    {
        answer = ReasonCode.PacketIdentifierNotFound;
        if (_inflight is null || !_inflight.TryGet(packetId, out QualityOfService qos, out InflightWindow.Stage stage)) return true;
        if (qos != QualityOfService.ExactlyOnce) return false;
        answer = refused ? null : ReasonCode.Success;
        if (refused) _inflight.Remove(packetId);
        else if (stage == InflightWindow.Stage.Published) _inflight.Release(packetId);
        return true;
    }

    /// <summary>PUBCOMP came. False: PUBREL was not sent yet, a protocol error.</summary>
    public bool Complete(ushort packetId)
    {
        if (_inflight is null || !_inflight.TryGet(packetId, out _, out InflightWindow.Stage stage)) return true;
        if (stage != InflightWindow.Stage.Released) return false;
        _inflight.Remove(packetId);
        return true;
    }

    /// <summary>A connection begins: what is unfinished is sent again.</summary>
    public void BeginConnection(int window)
    {
        _window = window;
        _inflight?.BeginResend();
    }

    /// <summary>The connection is gone: QoS 0 is dropped, and what it would have sent first.</summary>
    public void EndConnection()
    {
        _changes?.DropUnacknowledged();
        CountDrop(DeliverOutcome.Offline, _outbox.DropUnacknowledged());
        DropReplays();
    }

    /// <summary>
    /// Takes out what came through shared groups; if <paramref name="except"/> is given, only what another connected member
    /// could take.
    /// </summary>
    public void TakeShared(List<Delivery> shared, Session? except)
    {
        _inflight?.TakeShared(shared, except);
        _outbox.TakeShared(shared, except);
        _changes?.TakeShared(shared, except);
    }

    /// <summary>Releases everything.</summary>
    public void Clear()
    {
        _changes?.Clear();
        _outbox.Clear();
        _inflight?.Clear();
        DropReplays();
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
        else if (!environment.Authorizer.IsAllowed(session.Identity.Principal, AccessAction.Receive, message.Topic)) outcome = DeliverOutcome.NotAuthorized;
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

    private bool CanTakeAtOnce(Subscription subscription, in Delivery delivery)
    {
        if (!_outbox.HasRoom(delivery.Message.Size) || IsReplaying(subscription)) return false; // the first value comes first
        bool needsWindow = delivery.Qos != QualityOfService.AtMostOnce;
        return !needsWindow || (_outbox.AcknowledgedCount + (_inflight?.Charged ?? 0) < _window && _inflight is not { IsResending: true });
    }

    private bool IsReplaying(Subscription subscription)
    {
        if (_replays is null) return false;
        foreach (Replay replay in _replays)
        {
            if (replay.Subscription == subscription && !replay.IsFinished) return true;
        }

        return false;
    }

    private void DropReplays()
    {
        while (_replays is not null && _replays.TryDequeue(out Replay? replay)) replay.Dispose();
        _replays = null;
    }

    private void CountDrop(DeliverOutcome outcome, int count)
    {
        if (count == 0) return;
        Dropped += count;
        environment.Metrics.Drop(outcome, count);
        if (outcome is not (DeliverOutcome.QueueFull or DeliverOutcome.OldestDropped) || _isDropping) return;
        _isDropping = true;
        environment.Logger.QueueOverflow(session.Identity.ClientId, _outbox.Count, _outbox.Bytes, environment.Limits.Overflow);
    }
}

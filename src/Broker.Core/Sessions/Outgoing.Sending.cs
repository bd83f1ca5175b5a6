using Broker.Core.ChangeDetection;
using Broker.Core.Messages;
using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Core.Storage;
using Broker.Core.Telemetry;

namespace Broker.Core.Sessions;

/// <content>Which message goes next, and whether it may.</content>
internal sealed partial class Outgoing
{
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

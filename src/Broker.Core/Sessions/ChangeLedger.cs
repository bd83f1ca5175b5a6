using Broker.Core.ChangeDetection;
using Broker.Core.Messages;
using Broker.Core.Protocol;

namespace Broker.Core.Sessions;

/// <summary>
/// What one subscriber was sent last on each topic: it decides what becomes of the next value. A subscriber that compares as all
/// do who share the topic's rules needs no record of its own as long as it has what they have; others have one for each topic.
/// </summary>
/// <remarks>Threading: none of its own; under the lock of its owner.</remarks>
internal sealed class ChangeLedger(IChangeOwner owner, ChangeOutbox outbox, SessionEnvironment environment)
{
    // The number of a value that is not what those who share were sent last.
    private const long NotPassed = -1;

    private readonly SubscriberCriteria _criteria = new();
    private ChangeRecords? _records;

    private ChangeRecords Records => _records ??= new ChangeRecords(this);

    /// <summary>Whose lock guards it, and who is told when a value's time has come.</summary>
    public IChangeOwner Owner { get; } = owner;

    /// <summary>What the subscriber asked for; null if it asked for nothing, and only the rules count.</summary>
    public ChangeCriteria? Criteria => _criteria.Asked;

    /// <summary>Sets what counts as a change. What was sent before cannot be compared any more: the next value is one.</summary>
    public void Change(ChangeCriteria? criteria)
    {
        _criteria.Change(criteria);
        foreach (ChangeRecord record in Records.All) record.Forget();
    }

    /// <summary>Other rules are in force for some topics: what was sent there cannot be compared any more, and what a minimum interval held back goes out.</summary>
    /// <returns>Whether something is in line that was not.</returns>
    public bool Adopt(IReadOnlySet<TopicState> changed, bool isAbsent)
    {
        bool isLined = false;
        _criteria.Change(_criteria.Asked); // it knows what it combined with the rules that were
        foreach (ChangeRecord record in _records?.ToArray() ?? [])
        {
            if (!changed.Contains(record.Topic)) continue;
            record.Forget();
            if (record.Waiting is { } held) isLined |= Release(held, isAbsent);
            if (!record.HasValues && IsOrdinary(record.Topic)) Records.Remove(record);
        }

        return isLined;
    }

    /// <summary>Decides what becomes of a value, and keeps it until it is sent.</summary>
    /// <param name="change">The publication.</param>
    /// <param name="delivery">What would be sent; the caller keeps its reference of the message.</param>
    /// <param name="syncedFrom">See <see cref="Subscription.SyncedFrom"/>.</param>
    /// <param name="canTake">Whether the client could take it at once.</param>
    /// <param name="isHeldUp">Whether the client takes nothing at all: then what is in line is replaced too.</param>
    /// <param name="isAbsent">Whether there is no client, so that QoS 0 is not kept.</param>
    /// <param name="kept">The value that now waits, if one does.</param>
    public ChangeOffer Offer(in Change change, in Delivery delivery, long syncedFrom, bool canTake, bool isHeldUp, bool isAbsent, out WaitingChange? kept)
    {
        kept = null;
        ChangeCriteria criteria = _criteria.For(change.Topic.Criteria, out bool isShared);
        if (Find(change, syncedFrom, isShared, change.Passes) is not { } record) return ChangeOffer.Unchanged;
        if (isHeldUp) Uncommit(record);
        if (change.IsAnew) outbox.DropAll(record); // it must not take the place of what waits: what no rule held back may have gone past that
        if (change.IsFirst) record.Sent = default; // the broker forgot the topic, or its rules changed: what comes next is a change

        ulong key = environment.Values.DigestKey;
        SentValue value = isShared ? change.Value : SentValue.Of(delivery.Message.Payload, criteria, change.Now, key);
        SentValue last = change.IsFirst ? default : record.LastCommitted?.Value ?? record.Sent;
        ChangeVerdict verdict = last.Decide(value, criteria, change.Now);
        if (verdict == ChangeVerdict.Unchanged)
        {
            bool isWithdrawn = record.Waiting is not null;
            if (isWithdrawn) Conflate(record.Waiting!); // back to what the client has: nothing to tell
            bool isWhatPassed = isShared && change.IsWhatPassed && criteria.ComparesBytes;
            if (!record.HasValues && isWhatPassed) record.Number = change.Topic.PassNumber;
            Settle(record, isShared);
            return isWithdrawn ? ChangeOffer.Withdrawn : ChangeOffer.Unchanged;
        }

        bool isKept = !isAbsent || delivery.Qos != QualityOfService.AtMostOnce || record.Waiting is { IsInLine: true } or { Delivery.Qos: > QualityOfService.AtMostOnce };
        if (verdict == ChangeVerdict.Send && !isKept)
        {
            if (record.Waiting is not null) Conflate(record.Waiting);
            record.IsOwed = true;
            return ChangeOffer.Lost;
        }

        long dueAt = verdict == ChangeVerdict.Send ? 0 : last.DueAt(criteria);
        return Keep(record, delivery, value, dueAt, canTake, change.IsWhatPassed ? change.Topic.PassNumber : NotPassed, out kept);
    }

    private ChangeOffer Keep(ChangeRecord record, in Delivery delivery, in SentValue value, long dueAt, bool canTake, long number, out WaitingChange kept)
    {
        ChangeOffer offer = record.Waiting is not null ? ChangeOffer.Replaced : dueAt == 0 && canTake ? ChangeOffer.SendNow : ChangeOffer.Waits;
        if (record.Waiting is not { } waiting)
        {
            kept = outbox.Add(record, delivery);
        }
        else if ((kept = waiting).IsBetterThan(delivery))
        {
            environment.Metrics.Changes.Conflate(record.Topic.Criteria, delivery.Message.Size);
            return offer;
        }
        else
        {
            environment.Metrics.Changes.Conflate(record.Topic.Criteria, waiting.Delivery.Message.Size);
            outbox.Replace(waiting, delivery);
        }

        kept.Value = value;
        kept.Number = number;
        if (offer == ChangeOffer.SendNow) record.Commit(kept);
        else record.Waiting = kept;
        if (kept.IsInLine) return offer;
        if (dueAt == 0)
        {
            outbox.Line(kept);
        }
        else
        {
            kept.WasHeld = true;
            environment.Wheel.Schedule(kept, dueAt);
        }

        return offer;
    }

    /// <summary>A value was published that the subscriber does not get, since it is its own: it no longer has what the others have.</summary>
    /// <param name="change">The publication.</param>
    /// <param name="syncedFrom">See <see cref="Subscription.SyncedFrom"/>.</param>
    public void Skip(in Change change, long syncedFrom)
    {
        _ = _criteria.For(change.Topic.Criteria, out bool isShared);
        _ = Find(change, syncedFrom, isShared, change.Passes); // from now on it has a record of its own
    }

    /// <summary>What was sent may not have arrived: the topic's value goes out again, unless something newer waits already.</summary>
    public void OfferAgain(TopicState topic, in Delivery delivery, bool isSettled, long syncedFrom)
    {
        ChangeRecord record = Records.Find(topic) ?? Records.Add(topic, default);
        record.Sent = default;
        record.SyncedFrom = syncedFrom;
        if (record.HasValues) return;
        Keep(record, delivery, ValueOf(topic, delivery.Message), dueAt: 0, canTake: false, isSettled ? topic.PassNumber : NotPassed, out _);
    }

    /// <summary>Whether the minimum interval of a value was still running; it is in line now, or lost if it is not kept for an absent client.</summary>
    public bool Release(WaitingChange change, bool isAbsent)
    {
        if (change.IsInLine || change.Record.Waiting != change) return false;
        if (isAbsent && change.Delivery.Qos == QualityOfService.AtMostOnce)
        {
            change.Record.IsOwed = true;
            outbox.Drop(change);
            return false;
        }

        bool isPassed = IsOrdinary(change.Record.Topic) && !change.Record.Topic.HasPayload(change.Delivery.Message.Payload);
        if (isPassed) outbox.Drop(change); // newer ones went past it since its rule was taken away
        else outbox.Line(change);
        return !isPassed;
    }

    /// <summary>A value that was taken out of the outbox has been sent, or could not be.</summary>
    public void Finish(ChangeRecord record, in SentValue value, long number, QualityOfService qos, bool wasSent)
    {
        if (!wasSent) return; // the record stays: what the others have is not what this one has
        record.Sent = value.IsKnown ? value.At(environment.Clock.Now) : default;
        record.Number = number;
        record.SentQos = qos;
        record.WasSent = true;
        record.IsOwed = false;
        environment.Metrics.Changes.Send(record.Topic.Criteria);
        Settle(record, _criteria.SharesWith(record.Topic.Criteria));
    }

    /// <summary>Whether the topic's value is to be sent first, or again after a connection was lost.</summary>
    public bool IsOwed(TopicState topic, long syncedFrom, QualityOfService granted)
    {
        if (Records.Find(topic) is { } record) return record.IsOwed || (granted == QualityOfService.AtMostOnce && record.Sent.IsKnown);
        bool wasSent = _criteria.SharesWith(topic.Criteria) && topic.PassNumber > syncedFrom;
        return wasSent && (granted == QualityOfService.AtMostOnce || topic.PassQos == QualityOfService.AtMostOnce);
    }

    /// <summary>Whether this very value was sent on this connection already; what waits for the topic is dropped, since its value is sent now.</summary>
    public bool WasSent(TopicState topic, Message value)
    {
        if (Records.Find(topic) is not { } record) return false;
        outbox.DropAll(record);
        if (!record.WasSent) return false;
        ChangeCriteria criteria = _criteria.For(topic.Criteria, out _);
        SentValue next = SentValue.Of(value.Payload, criteria, environment.Clock.Now, environment.Values.DigestKey);
        return record.Sent.Decide(next, criteria, environment.Clock.Now) == ChangeVerdict.Unchanged;
    }

    /// <summary>The topic's value was sent, or could not be.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="value">The value, taken before with <see cref="ValueOf"/>; not known if it was not sent.</param>
    /// <param name="qos">The QoS it was published with.</param>
    /// <param name="isSettled">Whether those who share have it.</param>
    /// <param name="syncedFrom">See <see cref="Subscription.SyncedFrom"/>.</param>
    public void NoteFirst(TopicState topic, in SentValue value, QualityOfService qos, bool isSettled, long syncedFrom)
    {
        if (value.IsKnown) environment.Metrics.Changes.Send(topic.Criteria);
        bool isShared = _criteria.SharesWith(topic.Criteria);
        ChangeRecord? record = Records.Find(topic);
        bool needsNone = value.IsKnown && isShared && isSettled && IsSafe(qos, topic) && topic.PassNumber > syncedFrom && topic.Criteria is not { IsTimed: true };
        if (record is null && needsNone) return;
        record ??= Records.Add(topic, default);
        record.Sent = value;
        record.SentQos = qos;
        record.WasSent = value.IsKnown;
        record.IsOwed = false;
        record.SyncedFrom = syncedFrom;
        record.Number = isSettled ? topic.PassNumber : NotPassed;
    }

    /// <summary>A payload as it is compared on a topic.</summary>
    public SentValue ValueOf(TopicState topic, Message message) =>
        SentValue.Of(message.Payload, _criteria.For(topic.Criteria, out _), environment.Clock.Now, environment.Values.DigestKey);

    /// <summary>First values are going to be sent, also of topics whose values were sent before.</summary>
    public void BeginReplay()
    {
        IsReplaying = true;
        foreach (ChangeRecord record in Records.All) record.WasSent = false;
    }

    /// <summary>A new connection: what was sent on the last one may be lost.</summary>
    public void BeginConnection()
    {
        foreach (ChangeRecord record in Records.All)
        {
            record.IsOwed |= record.Sent.IsKnown && record.SentQos == QualityOfService.AtMostOnce;
            record.WasSent = false;
        }
    }

    /// <summary>All first values were sent: who shares needs no records of what the others have too.</summary>
    public void EndReplay()
    {
        IsReplaying = false;
        foreach (ChangeRecord record in Records.ToArray()) Settle(record, _criteria.SharesWith(record.Topic.Criteria));
    }

    /// <summary>Drops what waits, and the records of it where the topic's own answers.</summary>
    public void DropValues()
    {
        foreach (ChangeRecord record in Records.ToArray())
        {
            outbox.DropAll(record);
            if (_criteria.SharesWith(record.Topic.Criteria)) Records.Remove(record);
        }
    }

    /// <summary>Whether the replay of first values is under way: until it is over, what was sent is remembered, so that it is not sent twice.</summary>
    public bool IsReplaying { get; private set; }

    /// <summary>The record of a topic, made where one is needed; null if the value is nothing new for who shares.</summary>
    private ChangeRecord? Find(in Change change, long syncedFrom, bool isShared, bool passes)
    {
        if (Records.Find(change.Topic) is { } record)
        {
            record.SyncedFrom = syncedFrom;
            return record;
        }

        bool isSynced = isShared && (change.NumberBefore > syncedFrom || change.IsFirst);
        if (isSynced && !passes) return null;
        record = Records.Add(change.Topic, isSynced ? change.Before : default);
        record.Number = change.NumberBefore;
        record.SyncedFrom = syncedFrom;
        record.SentQos = change.QosBefore;
        return record;
    }

    /// <summary>A record that says what the topic's shared state says as well is not needed.</summary>
    private void Settle(ChangeRecord record, bool isShared)
    {
        bool isLeft = IsOrdinary(record.Topic) && !record.HasValues;
        if (isLeft) Records.Remove(record);
        bool isNeeded = isLeft || !isShared || IsReplaying || record.HasValues || !record.Sent.IsKnown;
        if (isNeeded || record.Number != record.Topic.PassNumber || record.Number <= record.SyncedFrom) return;
        if (!IsSafe(record.SentQos, record.Topic)) return;
        bool isOtherTime = record.Topic.Track is { Criteria.IsTimed: true } track && !record.Sent.IsAsOldAs(track.Passed); // what is timed has a track
        if (!isOtherTime) Records.Remove(record);
    }

    /// <summary>Whether the subscriber gets every publication of a topic: it asked for nothing else, and there are no rules any more.</summary>
    private bool IsOrdinary(TopicState topic) => _criteria.Asked is null && topic.Criteria is null;

    /// <summary>Whether a value that was published at a QoS is no more easily lost than what the others were sent.</summary>
    private static bool IsSafe(QualityOfService qos, TopicState topic) =>
        qos != QualityOfService.AtMostOnce || topic.PassQos == QualityOfService.AtMostOnce;

    /// <summary>The client stopped reading: of what was in line for it, only the newest value still waits, for a newer one to take its place.</summary>
    private void Uncommit(ChangeRecord record)
    {
        while (record.FirstCommitted is { } first && (first != record.LastCommitted || record.Waiting is not null)) Conflate(first);
        if (record.FirstCommitted is not { } newest) return;
        record.FirstCommitted = record.LastCommitted = null;
        newest.IsCommitted = false;
        record.Waiting = newest;
    }

    /// <summary>A newer value, or none, takes the place of one that waited.</summary>
    private void Conflate(WaitingChange change)
    {
        environment.Metrics.Changes.Conflate(change.Record.Topic.Criteria, change.Delivery.Message.Size);
        outbox.Drop(change);
    }
}

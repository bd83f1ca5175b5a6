using Broker.Core.ChangeDetection;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Sessions;
using Broker.Core.Storage;
using Broker.Core.Telemetry;
using Broker.Core.Time;

namespace Broker.Core.Publishing;

/// <summary>
/// From one message to the sessions of all who subscribed: to each as an ordinary publication or, where the subscription or a
/// rule for the topic asks for it, only as a change.
/// </summary>
/// <remarks>
/// Threading: any thread. Ordinary deliveries take no lock but the receivers' gates; a topic that somebody gets only as a
/// change is noted and delivered under its topic lock, so that nobody is left with the older of two values.
/// </remarks>
internal sealed class FanOut(LastValues values, Subscriptions subscriptions, BrokerMetrics metrics, BrokerClock clock, Journal? journal = null)
{
    /// <summary>Notes the message as its topic's last value and delivers it.</summary>
    public void Deliver(Message message, RouteTargets targets, WakeBatch batch)
    {
        TopicState topic = targets.State is { IsForgotten: false } known ? known : targets.State = values.FindOrAdd(message);
        long numberBefore = topic.PassNumber;
        NoteOutcome first = NoteOutcome.Unchanged;
        bool isReplaced = false;
        try
        {
            if (!targets.HasChanges && topic.Criteria is null)
            {
                first = values.Note(ref topic, message, clock.UtcMilliseconds);
                isReplaced = first != NoteOutcome.Unchanged;
                targets = subscriptions.Refresh(targets, message.Topic);
                if (!targets.HasChanges && topic.Criteria is null) // nor did a rule come this very moment
                {
                    DeliverAll(message, targets, batch);
                    return;
                }
            }

            isReplaced |= DeliverNoted(ref topic, message, first, numberBefore, targets, batch) != NoteOutcome.Unchanged;
        }
        finally
        {
            if (message.Retain && message.Payload.IsEmpty) values.Remove(topic, message); // there is no value any more
            if (isReplaced) values.Watchers.Notify(values, topic);
        }
    }

    /// <summary>Whether a rule lets only changes of the message's topic pass, as far as the topic is known.</summary>
    public bool IsRuled(Message message, RouteTargets targets)
    {
        if (!values.HasRules) return false;
        TopicState? topic = targets.State is { IsForgotten: false } known ? known : values.Find(message.Topic);
        return topic is { IsForgotten: false, Criteria: not null };
    }

    /// <param name="topic">The topic.</param>
    /// <param name="message">The message.</param>
    /// <param name="first">What came of noting it, if that was done before somebody subscribed to changes this very moment.</param>
    /// <param name="numberBefore">What the topic let pass before.</param>
    /// <param name="targets">Who subscribed.</param>
    /// <param name="batch">Collects the connections to wake.</param>
    /// <returns>What came of noting it under the topic's lock.</returns>
    private NoteOutcome DeliverNoted(
        ref TopicState topic, Message message, NoteOutcome first, long numberBefore, RouteTargets targets, WakeBatch batch)
    {
        lock (values.LockOf(message.Topic))
        {
            if (first == NoteOutcome.Unchanged) numberBefore = topic.PassNumber;

            // Noted first, matched afterwards: who subscribes at this moment finds the new value, or is found here.
            NoteOutcome outcome = values.NoteDelivering(ref topic, message, clock.UtcMilliseconds, clock.Now, out PreviousValue previous);
            try
            {
                targets = subscriptions.Refresh(targets, message.Topic);
                bool isAnew = topic.TakeAnew(); // what was sent under other rules cannot be compared
                bool isFirst = isAnew || NoteOutcome.First == first || NoteOutcome.First == outcome;
                bool isChanged = isFirst || first == NoteOutcome.Changed || outcome == NoteOutcome.Changed;
                if (isChanged && topic.IsStored) journal?.Value(message);
                DeliverChange(topic, message, isFirst, isAnew, isChanged, previous, numberBefore, targets, batch);
                return outcome;
            }
            finally
            {
                values.Leave(topic);
            }
        }
    }

    private void DeliverChange(
        TopicState topic, Message message, bool isFirst, bool isAnew, bool isChanged, in PreviousValue previous, long numberBefore, RouteTargets targets, WakeBatch batch)
    {
        metrics.Changes.Receive(topic.Criteria);
        ChangeCriteria criteria = topic.Criteria ?? ChangeCriteria.Exact;
        SentValue value = SentValue.Of(message.Payload, criteria, clock.Now, values.DigestKey);
        SentValue before = default;
        QualityOfService qosBefore = QualityOfService.AtMostOnce;
        bool passes = isChanged;
        if (topic.Track is { } track)
        {
            if (isFirst) track.Passed = default; // it was forgotten: the next value is a change
            (before, qosBefore) = (track.Passed, track.Qos);
            passes = Passes(topic, track, message, value);
        }
        else if (passes && !isFirst)
        {
            (before, qosBefore) = (previous.Value, previous.Qos);
        }

        var change = new Change
        {
            Topic = topic,
            Message = message,
            Criteria = criteria,
            Passes = passes,
            IsFirst = isFirst,
            IsAnew = isAnew,
            Before = before,
            NumberBefore = numberBefore,
            QosBefore = qosBefore,
            Value = value,
            Now = clock.Now,
        };
        DeliverToAll(change, targets, batch);
        if (passes) topic.Settle();
    }

    /// <summary>Whether the rules let a value pass.</summary>
    private bool Passes(TopicState topic, RuleTrack track, Message message, in SentValue value)
    {
        if (track.Passed.Decide(value, topic.Criteria!, clock.Now) != ChangeVerdict.Send) return false; // there are some where there is a track
        track.Passed = value;
        track.Qos = message.Qos;
        track.Number = values.NextNumber();
        return true;
    }

    private void DeliverToAll(in Change change, RouteTargets targets, WakeBatch batch)
    {
        ReadOnlySpan<Subscription> individuals = targets.Individuals;
        while (!individuals.IsEmpty)
        {
            int count = CountOfSession(individuals);
            DeliverToSession(change, individuals[..count], batch);
            individuals = individuals[count..];
        }

        foreach (SharedGroup group in targets.Groups)
        {
            if (group.IsChangeOnly || change.Topic.Criteria is not null) Count(change, group.DeliverChange(change, batch), isWanted: true);
            else group.Deliver(change.Message, change.Message.Qos, batch);
        }
    }

    /// <summary>Each change-only subscription is a subscriber of its own; the ordinary ones of the session are one together.</summary>
    private void DeliverToSession(in Change change, ReadOnlySpan<Subscription> subscriptions, WakeBatch batch)
    {
        int ordinary = 0;
        for (int i = 0; i < subscriptions.Length; i++)
        {
            if (!subscriptions[i].IsChangeOnly)
            {
                ordinary++;
                continue;
            }

            ReadOnlySpan<Subscription> one = subscriptions.Slice(i, 1);
            bool isTaken = TryMakeDelivery(change.Message, one, out Delivery delivery);
            Count(change, one[0].Session.DeliverChange(one, isTaken ? delivery : null, change, batch), isTaken);
        }

        if (ordinary == 0) return;
        bool isWanted = TryMakeDelivery(change.Message, subscriptions, out Delivery merged, onlyOrdinary: true);
        if (change.Topic.Criteria is not null) DeliverRuled(change, subscriptions, ordinary, isWanted ? merged : null, batch);
        else if (isWanted) subscriptions[0].Session.Deliver(merged, batch);
    }

    private void DeliverRuled(in Change change, ReadOnlySpan<Subscription> subscriptions, int ordinary, in Delivery? merged, WakeBatch batch)
    {
        ReadOnlySpan<Subscription> those = subscriptions;
        if (ordinary < subscriptions.Length)
        {
            var some = new Subscription[ordinary];
            int next = 0;
            foreach (Subscription subscription in subscriptions)
            {
                if (!subscription.IsChangeOnly) some[next++] = subscription;
            }

            those = some;
        }

        Count(change, subscriptions[0].Session.DeliverChange(those, merged, change, batch), merged is not null);
    }

    /// <summary>Counts what a subscriber was spared; what is sent or replaced is counted when it is.</summary>
    private void Count(in Change change, DeliverOutcome outcome, bool isWanted)
    {
        if (!isWanted || outcome is not (DeliverOutcome.Unchanged or DeliverOutcome.Withdrawn)) return;
        metrics.Changes.Suppress(change.Topic.Criteria, change.Message.Size);
    }

    private static void DeliverAll(Message message, RouteTargets targets, WakeBatch batch)
    {
        ReadOnlySpan<Subscription> individuals = targets.Individuals;
        while (!individuals.IsEmpty)
        {
            int count = CountOfSession(individuals);
            if (TryMakeDelivery(message, individuals[..count], out Delivery delivery)) individuals[0].Session.Deliver(delivery, batch);
            individuals = individuals[count..];
        }

        foreach (SharedGroup group in targets.Groups) group.Deliver(message, message.Qos, batch);
    }

    private static int CountOfSession(ReadOnlySpan<Subscription> individuals)
    {
        int count = 1;
        while (count < individuals.Length && individuals[count].Session == individuals[0].Session) count++;
        return count;
    }

    /// <summary>
    /// What a session gets for the subscriptions of its that match: one message, at the highest QoS of them, with all their
    /// identifiers [MQTT-3.3.4-2, MQTT-3.3.4-4]. False if No Local keeps it away from all of them [MQTT-3.8.3-3].
    /// </summary>
    private static bool TryMakeDelivery(Message message, ReadOnlySpan<Subscription> subscriptions, out Delivery delivery, bool onlyOrdinary = false)
    {
        QualityOfService highest = QualityOfService.AtMostOnce;
        bool retain = false;
        bool any = false;
        int identifier = 0;
        List<int>? more = null;
        foreach (Subscription subscription in subscriptions)
        {
            (SubscriptionOptions options, int id) = subscription.Current;
            if (subscription.IsOwn(message, options) || (onlyOrdinary && subscription.IsChangeOnly)) continue;
            any = true;
            if (options.Qos > highest) highest = options.Qos;
            retain |= options.RetainAsPublished && message.Retain; // [MQTT-3.3.1-12, MQTT-3.3.1-13]
            if (id == 0) continue;
            if (identifier == 0) identifier = id;
            else if (id != identifier && more?.Contains(id) != true) (more ??= []).Add(id);
        }

        QualityOfService qos = message.Qos < highest ? message.Qos : highest;
        delivery = new Delivery(message, qos, retain, identifier, more?.ToArray());
        return any;
    }
}

using Broker.Core.ChangeDetection;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Sessions;
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
internal sealed class FanOut(LastValues values, Subscriptions subscriptions, BrokerMetrics metrics, BrokerClock clock, TimingWheel wheel)
{
    /// <summary>Notes the message as its topic's last value and delivers it.</summary>
    public void Deliver(Message message, RouteTargets targets, WakeBatch batch)
    {
        TopicState topic = targets.State is { IsForgotten: false } known ? known : targets.State = values.FindOrAdd(message.Topic);
        Message? previous = null;
        bool isReplaced = false;
        try
        {
            if (!targets.HasChanges && topic.Criteria is null)
            {
                isReplaced = values.Note(ref topic, message, clock.UtcMilliseconds, out previous) || previous is not null;
                targets = subscriptions.Refresh(targets, message.Topic);
                if (!targets.HasChanges)
                {
                    DeliverAll(message, targets, batch);
                    return;
                }
            }

            lock (values.LockOf(message.Topic))
            {
                // Noted first, matched afterwards: who subscribes at this moment finds the new value, or is found here.
                bool isChanged = values.Note(ref topic, message, clock.UtcMilliseconds, out Message? before) || previous is not null;
                isReplaced |= isChanged || before is not null;
                if (previous is null) previous = before;
                else before?.Release(); // somebody's value of the moment between the two notes
                targets = subscriptions.Refresh(targets, message.Topic);
                DeliverChanges(new Change(topic, message, previous, isChanged), targets, batch);
            }
        }
        finally
        {
            previous?.Release();
            if (message.Retain && message.Payload.IsEmpty) values.Remove(message.Topic); // there is no value any more
            if (isReplaced) values.Watchers.Notify(topic, message.Topic);
        }
    }

    /// <summary>The rules' minimum interval for a topic is over: its newest value goes out, if it still is a change.</summary>
    private void DeliverHeld(TopicState topic)
    {
        if (topic.TakeValue() is not { } newest) return; // it was forgotten
        WakeBatch batch = WakeBatch.Rent();
        try
        {
            lock (values.LockOf(newest.Topic))
            {
                topic.Hold = null;
                DeliverChanges(new Change(topic, newest, null, IsChanged: true), subscriptions.Match(newest.Topic), batch);
            }
        }
        finally
        {
            newest.Release();
            batch.WakeAndReturn();
        }
    }

    private void DeliverChanges(in Change change, RouteTargets targets, WakeBatch batch)
    {
        metrics.Changes.Receive();
        bool passes = change.Topic.Criteria is not { } rules || Passes(change, rules);
        Change seen = change.Topic.Criteria is null ? change : change with { Previous = null, IsChanged = true }; // what the rules let pass is one
        ReadOnlySpan<Subscription> individuals = targets.Individuals;
        while (!individuals.IsEmpty)
        {
            int count = CountOfSession(individuals);
            DeliverToSession(seen, individuals[..count], passes, batch);
            individuals = individuals[count..];
        }

        foreach (SharedGroup group in targets.Groups)
        {
            bool isOrdinary = group.Criteria is null && change.Topic.Criteria is null;
            if (isOrdinary) group.Deliver(change.Message, change.Message.Qos, batch);
            else Count(seen, passes ? group.DeliverChange(seen, batch, clock.Now, values.DigestKey) : DeliverOutcome.Unchanged);
        }
    }

    private bool Passes(in Change change, ChangeCriteria rules)
    {
        foreach (ChangeRule rule in rules.Rules) rule.Counters.Receive();
        if (change.Topic.Track is not { } track) return change.IsChanged;
        switch (track.Decide(change.Message.Payload, rules, clock.Now, values.DigestKey))
        {
            case ChangeVerdict.Send:
                track.Sent(change.Message.Payload, rules, clock.Now, values.DigestKey);
                return true;
            case ChangeVerdict.TooSoon when change.Topic.Hold is null:
                change.Topic.Hold = new HeldTopic(this, change.Topic);
                wheel.Schedule(change.Topic.Hold, track.DueAt(rules));
                return false;
            default:
                return false;
        }
    }

    /// <summary>Each change-only subscription decides for itself; the ordinary ones of the session get one message together.</summary>
    private void DeliverToSession(in Change change, ReadOnlySpan<Subscription> subscriptions, bool passes, WakeBatch batch)
    {
        bool isRuled = change.Topic.Criteria is not null;
        int ordinary = 0;
        foreach (Subscription subscription in subscriptions)
        {
            if (subscription.Criteria is null) ordinary++;
            else if (TryMakeDelivery(change.Message, [subscription], out Delivery delivery)) DeliverChange(subscription, delivery, change, passes, batch);
        }

        if (ordinary == 0 || !TryMakeDelivery(change.Message, subscriptions, out Delivery merged, onlyOrdinary: true)) return;
        if (!isRuled)
        {
            subscriptions[0].Session.Deliver(merged, batch);
            return;
        }

        foreach (Subscription subscription in subscriptions)
        {
            if (subscription.Criteria is not null) continue;
            DeliverChange(subscription, merged, change, passes, batch); // the first of them stands for all
            return;
        }
    }

    private void DeliverChange(Subscription subscription, in Delivery delivery, in Change change, bool passes, WakeBatch batch) =>
        Count(change, passes ? subscription.Session.DeliverChange(subscription, delivery, change, batch) : DeliverOutcome.Unchanged);

    private void Count(in Change change, DeliverOutcome outcome)
    {
        Count(metrics.Changes, change, outcome);
        foreach (ChangeRule rule in change.Topic.Criteria?.Rules ?? []) Count(rule.Counters, change, outcome);
    }

    private static void Count(ChangeCounters counters, in Change change, DeliverOutcome outcome)
    {
        if (outcome == DeliverOutcome.Unchanged) counters.Suppress(change.Message.Size);
        else if (outcome == DeliverOutcome.Conflated) counters.Conflate(change.Message.Size);
        else if (outcome == DeliverOutcome.Queued) counters.Send();
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
            if (subscription.IsOwn(message, options) || (onlyOrdinary && subscription.Criteria is not null)) continue;
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

    private sealed class HeldTopic(FanOut fanOut, TopicState topic) : WheelTimer
    {
        protected internal override void Expired(long nowMs) => fanOut.DeliverHeld(topic);
    }
}

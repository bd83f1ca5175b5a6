using Broker.Core.ChangeDetection;
using Broker.Core.Messages;
using Broker.Core.Protocol;

namespace Broker.Core.Sessions;

/// <summary>
/// The change-only values that wait for a session: at most one for each subscription and topic, the newest, because a newer
/// value replaces the one that waits. What it takes is bounded by the topics, not by the rate of publications.
/// </summary>
/// <remarks>Threading: none of its own; under the session's gate. Owner: its session; it holds a reference of each message.</remarks>
internal sealed class ChangeOutbox(Session session, SessionEnvironment environment)
{
    private readonly Dictionary<(Subscription, TopicState), WaitingChange> _all = [];
    private readonly LinkedList<WaitingChange> _acknowledged = new(); // QoS 1 and 2, in the order they began to wait
    private readonly LinkedList<WaitingChange> _unacknowledged = new(); // QoS 0

    /// <summary>Values that wait.</summary>
    public int Count => _all.Count;

    /// <summary>What waits for a subscription on a topic, or null.</summary>
    public WaitingChange? Find(Subscription subscription, TopicState topic) => _all.GetValueOrDefault((subscription, topic));

    /// <summary>Decides what becomes of a change, and keeps it if it has to wait.</summary>
    /// <param name="subscription">For which subscription.</param>
    /// <param name="delivery">What would be sent; the caller keeps its reference of the message.</param>
    /// <param name="change">The publication.</param>
    /// <param name="canTake">Whether the client could take it at once.</param>
    public ChangeOffer Offer(Subscription subscription, in Delivery delivery, in Change change, bool canTake)
    {
        long now = environment.Clock.Now;
        WaitingChange? waiting = Find(subscription, change.Topic);
        ChangeTrack? track = subscription.IsTracked ? subscription.TrackOf(change.Topic) : null;
        ChangeVerdict verdict = track is not null
            ? track.Decide(delivery.Message.Payload, subscription.Criteria!, now, environment.Values.DigestKey) // tracked: it has criteria
            : Compare(delivery.Message, change, waiting);
        if (verdict == ChangeVerdict.Unchanged)
        {
            if (waiting is null || !change.IsChanged) return ChangeOffer.Unchanged;
            Remove(waiting); // back to what the client has: nothing to tell
            return ChangeOffer.Withdrawn;
        }

        if (waiting is not null)
        {
            Replace(waiting, delivery);
            return ChangeOffer.Replaced;
        }

        if (verdict == ChangeVerdict.Send && canTake)
        {
            track?.Sent(delivery.Message.Payload, subscription.Criteria!, now, environment.Values.DigestKey);
            return ChangeOffer.SendNow;
        }

        Add(new WaitingChange(session, subscription, change.Topic, delivery, track is null ? change.Previous : null));
        if (verdict == ChangeVerdict.Send) Release(Find(subscription, change.Topic)!); // just added
        else environment.Wheel.Schedule(Find(subscription, change.Topic)!, track!.DueAt(subscription.Criteria!));
        return ChangeOffer.Waits;
    }

    /// <summary>Without a track, the topic's own "changed" answers; while something waits, what was sent before it does.</summary>
    private static ChangeVerdict Compare(Message message, in Change change, WaitingChange? waiting)
    {
        bool isBack = waiting?.Sent is { } sent && !message.Payload.IsEmpty && message.Payload.SequenceEqual(sent.Payload);
        return change.IsChanged && !isBack ? ChangeVerdict.Send : ChangeVerdict.Unchanged;
    }

    private void Add(WaitingChange change)
    {
        change.Delivery.Message.AddReference();
        change.Sent?.AddReference();
        _all.Add((change.Subscription, change.Topic), change);
    }

    private void Replace(WaitingChange change, in Delivery newer)
    {
        newer.Message.AddReference();
        change.Delivery.Message.Release();
        bool changesLane = change.Node is not null
            && (newer.Qos == QualityOfService.AtMostOnce) != (change.Delivery.Qos == QualityOfService.AtMostOnce);
        change.Delivery = newer;
        if (!changesLane) return;
        change.Node!.List!.Remove(change.Node); // it is in line
        change.Node = null;
        Release(change);
    }

    private void Remove(WaitingChange change)
    {
        Unlink(change);
        change.Delivery.Message.Release();
        change.Sent?.Release();
    }

    /// <summary>The time of a value has come. False if it is no longer waiting for it.</summary>
    public bool Release(WaitingChange change)
    {
        if (change.Node is not null || Find(change.Subscription, change.Topic) != change) return false;
        LinkedList<WaitingChange> lane = change.Delivery.Qos == QualityOfService.AtMostOnce ? _unacknowledged : _acknowledged;
        change.Node = lane.AddLast(change);
        return true;
    }

    /// <summary>Takes the value that has waited longest and may be sent; its reference goes over to the caller.</summary>
    public bool TryTake(bool windowOpen, out WaitingChange change)
    {
        LinkedListNode<WaitingChange>? first = (windowOpen ? _acknowledged.First : null) ?? _unacknowledged.First;
        change = first?.Value!; // used only if there is one
        if (first is null) return false;
        Unlink(change);
        change.Sent?.Release();
        if (change.Subscription.IsTracked)
        {
            ChangeTrack track = change.Subscription.TrackOf(change.Topic);
            track.Sent(change.Delivery.Message.Payload, change.Subscription.Criteria!, environment.Clock.Now, environment.Values.DigestKey); // tracked: it has criteria
        }

        return true;
    }

    /// <summary>Drops QoS 0: the client went away, and gets the values of that moment when it is back.</summary>
    public void DropUnacknowledged()
    {
        foreach (WaitingChange change in _all.Values.Where(c => c.Delivery.Qos == QualityOfService.AtMostOnce).ToList()) Remove(change);
    }

    /// <summary>Drops what waits for a subscription that ended or asks for something else.</summary>
    public void Drop(Subscription subscription)
    {
        foreach (WaitingChange change in _all.Values.Where(c => c.Subscription == subscription).ToList()) Remove(change);
    }

    /// <summary>Takes out what came through shared groups; the references go over to the caller.</summary>
    public void TakeShared(List<Delivery> taken, Session? except)
    {
        foreach (WaitingChange change in _all.Values.ToList())
        {
            bool mayGo = change.Delivery.Group is { } group && (except is null || group.HasConnectedMember(except));
            if (!mayGo) continue;
            Unlink(change);
            change.Sent?.Release();
            taken.Add(change.Delivery);
        }
    }

    /// <summary>Releases everything.</summary>
    public void Clear()
    {
        foreach (WaitingChange change in _all.Values.ToList()) Remove(change);
    }

    private void Unlink(WaitingChange change)
    {
        _all.Remove((change.Subscription, change.Topic));
        change.Node?.List!.Remove(change.Node); // a node that is set is in a list
        change.Node = null;
        environment.Wheel.Cancel(change);
    }
}

using Broker.Core.ChangeDetection;
using Broker.Core.Messages;
using Broker.Core.Protocol;

namespace Broker.Core.Sessions;

/// <summary>
/// The change-only values that wait for a session: at most one for each subscription and topic, the newest, because a newer
/// value replaces the one that waits. What it takes is bounded by the topics, not by the rate of publications.
/// </summary>
/// <remarks>Threading: none of its own; under the session's gate. Owner: its session; it holds a reference of each message.</remarks>
internal sealed class ChangeOutbox
{
    private readonly Dictionary<(Subscription, TopicState), WaitingChange> _all = [];
    private readonly LinkedList<WaitingChange> _acknowledged = new(); // QoS 1 and 2, in the order they began to wait
    private readonly LinkedList<WaitingChange> _unacknowledged = new(); // QoS 0

    /// <summary>Values that wait.</summary>
    public int Count => _all.Count;

    /// <summary>What waits for a subscription on a topic, or null.</summary>
    public WaitingChange? Find(Subscription subscription, TopicState topic) => _all.GetValueOrDefault((subscription, topic));

    /// <summary>Puts a value in line; takes its own reference.</summary>
    /// <param name="change">Where it goes, and the value.</param>
    /// <param name="isDue">Whether it may be sent; otherwise <see cref="Release"/> puts it in line when its time has come.</param>
    public void Add(WaitingChange change, bool isDue)
    {
        change.Delivery.Message.AddReference();
        change.Sent?.AddReference();
        _all.Add((change.Subscription, change.Topic), change);
        if (isDue) Release(change);
    }

    /// <summary>A newer value takes the place of the one that waits.</summary>
    public void Replace(WaitingChange change, in Delivery newer)
    {
        newer.Message.AddReference();
        change.Delivery.Message.Release();
        bool isInLine = change.Node is not null;
        if (isInLine && (newer.Qos == QualityOfService.AtMostOnce) != (change.Delivery.Qos == QualityOfService.AtMostOnce))
        {
            change.Node!.List!.Remove(change.Node); // it is in line: it changes lanes
            change.Node = null;
        }

        change.Delivery = newer;
        if (isInLine && change.Node is null) Release(change);
    }

    /// <summary>Nothing has to be sent any more: the topic went back to what was sent last.</summary>
    public void Remove(WaitingChange change)
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
    }
}

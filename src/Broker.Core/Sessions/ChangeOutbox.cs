using Broker.Core.Protocol;

namespace Broker.Core.Sessions;

/// <summary>
/// The change-only values that wait for a session or a shared group, in two lanes as in an <see cref="Outbox"/>. Of each topic
/// there is at most one for a subscriber that does not take them, so its size follows the topics, not the rate.
/// </summary>
/// <remarks>Threading: none of its own; under the owner's lock. It holds a reference of each message.</remarks>
/// <param name="environment">What every session works with.</param>
/// <param name="beside">The queue of what else is to leave, in one order with these; null for a shared group.</param>
/// <param name="session">The session that they wait for; null for a shared group.</param>
internal sealed class ChangeOutbox(SessionEnvironment environment, Outbox? beside, Session? session = null)
{
    // What is kept of what was used, so that steady traffic allocates nothing.
    private const int Idle = 64;

    private readonly ChangeLane _acknowledged = new(); // QoS 1 and 2
    private readonly ChangeLane _unacknowledged = new(); // QoS 0
    private readonly Stack<WaitingChange> _idle = new();

    /// <summary>Values that wait, also those whose time has not come.</summary>
    public int Count { get; private set; }

    /// <summary>Their bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Values at QoS 1 and 2 in line.</summary>
    public int AcknowledgedCount => _acknowledged.Count;

    /// <summary>Whether there is more than one subscriber's queue may hold.</summary>
    public bool IsOverfull => Count > environment.Limits.QueueMessages || Bytes > environment.Limits.QueueBytes;

    /// <summary>The lowest number of a change that waits or waited since nothing did.</summary>
    public long Since { get; private set; } = long.MaxValue;

    /// <summary>Keeps a value, with a reference of its own; it is not yet in line.</summary>
    public WaitingChange Add(ChangeRecord record, in Delivery wanted)
    {
        Delivery delivery = Keep(wanted);
        if (!record.HasValues) record.Topic.Use();
        delivery.Message.AddReference();
        WaitingChange change = _idle.TryPop(out WaitingChange? used) ? used : new WaitingChange();
        change.Record = record;
        change.Delivery = delivery;
        Since = Count == 0 ? record.Topic.ChangeNumber : Math.Min(Since, record.Topic.ChangeNumber);
        Count++;
        Bytes += delivery.Message.Size;
        return change;
    }

    /// <summary>A newer message takes a value's place.</summary>
    public void Replace(WaitingChange change, in Delivery replacement)
    {
        Delivery newer = Keep(replacement);
        session?.Journal?.Removed(change.Delivery.Entry);
        newer.Message.AddReference();
        Bytes += newer.Message.Size - change.Delivery.Message.Size;
        change.Delivery.Message.Release();
        change.Delivery = newer;
        if (change.Lane is null || change.Lane == LaneOf(change)) return;
        change.Lane.Remove(change);
        Line(change);
    }

    /// <summary>Its time has come.</summary>
    public void Line(WaitingChange change)
    {
        environment.Wheel.Cancel(change);
        change.Turn = beside?.TakeNumber() ?? 0;
        LaneOf(change).Add(change);
    }

    /// <summary>The value that has waited longest and may be sent, or null.</summary>
    /// <param name="windowOpen">Whether QoS 1 and 2 may be sent.</param>
    public WaitingChange? Peek(bool windowOpen)
    {
        WaitingChange? first = windowOpen ? _acknowledged.First : null;
        if (first is null || _unacknowledged.First is not { } other) return first ?? _unacknowledged.First;
        return first.Turn < other.Turn ? first : other;
    }

    /// <summary>The same for one member of a shared group.</summary>
    public WaitingChange? PeekFor(SharedGroup group, Subscription member, bool windowOpen)
    {
        bool takesAll = windowOpen || member.Qos == QualityOfService.AtMostOnce;
        for (WaitingChange? change = takesAll ? _acknowledged.First : null; change is not null; change = change.Behind)
        {
            if ((change.For is null || change.For == member) && group.MayReceive(member, change.Delivery.Message, change.Delivery.Qos)) return change;
        }

        for (WaitingChange? change = _unacknowledged.First; change is not null; change = change.Behind)
        {
            if ((change.For is null || change.For == member) && group.MayReceive(member, change.Delivery.Message, change.Delivery.Qos)) return change;
        }

        return null;
    }

    /// <summary>What a member was to send is for whoever comes. False if there was nothing.</summary>
    public bool Unassign(Subscription member)
    {
        bool any = false;
        foreach (ChangeLane lane in (ReadOnlySpan<ChangeLane>)[_acknowledged, _unacknowledged])
        {
            for (WaitingChange? change = lane.First; change is not null; change = change.Behind)
            {
                if (change.For != member) continue;
                change.For = null;
                any = true;
            }
        }

        return any;
    }

    /// <summary>Takes a value out; its message's reference goes over to the caller.</summary>
    public Delivery Take(WaitingChange change)
    {
        Delivery delivery = change.Delivery;
        ChangeRecord record = change.Record;
        bool wasTimer = change.Lane is null;
        if (wasTimer) environment.Wheel.Cancel(change);
        else change.Lane!.Remove(change); // it has one
        if (record.Waiting == change) record.Waiting = null;
        else Uncommit(record, change);
        Count--;
        Bytes -= delivery.Message.Size;
        if (!record.HasValues) environment.Values.Leave(record.Topic);
        Recycle(change, wasTimer);
        return delivery;
    }

    /// <summary>Drops a value.</summary>
    public void Drop(WaitingChange change)
    {
        Delivery dropped = Take(change);
        session?.Journal?.Removed(dropped.Entry);
        dropped.Message.Release();
    }

    /// <summary>Drops all that waits for a topic.</summary>
    public void DropAll(ChangeRecord record)
    {
        while (record.FirstCommitted is { } first) Drop(first);
        if (record.Waiting is not null) Drop(record.Waiting);
    }

    /// <summary>Adds what the store keeps.</summary>
    public void CollectKept(List<KeptDelivery> kept)
    {
        for (WaitingChange? change = _acknowledged.First; change is not null; change = change.Behind)
        {
            if (change.Delivery.Entry != 0) kept.Add(new KeptDelivery(change.Delivery, 0, IsReleased: false));
        }
    }

    /// <summary>Writes down that a value waits, if its session is kept.</summary>
    private Delivery Keep(in Delivery delivery)
    {
        if (session?.Journal is not { } journal) return delivery;
        Delivery kept = journal.Number(delivery);
        journal.Queued(kept);
        return kept;
    }

    /// <summary>Drops QoS 0: the client went away, and gets the values of that moment when it is back.</summary>
    public void DropUnacknowledged()
    {
        while (_unacknowledged.First is { } first)
        {
            first.Record.IsOwed = true;
            Drop(first);
        }
    }

    private static void Uncommit(ChangeRecord record, WaitingChange change)
    {
        if (record.FirstCommitted == change)
        {
            record.FirstCommitted = change.NextCommitted;
            if (record.LastCommitted == change) record.LastCommitted = null;
            return;
        }

        WaitingChange before = record.FirstCommitted!; // it is one of them, and not the first
        while (before.NextCommitted != change) before = before.NextCommitted!;
        before.NextCommitted = change.NextCommitted;
        if (record.LastCommitted == change) record.LastCommitted = before;
    }

    private ChangeLane LaneOf(WaitingChange change) => change.Delivery.Qos == QualityOfService.AtMostOnce ? _unacknowledged : _acknowledged;

    /// <summary>A timer that may be firing at this moment must not come back as another value.</summary>
    private void Recycle(WaitingChange change, bool wasTimer)
    {
        if (wasTimer || change.WasHeld || _idle.Count >= Idle) return;
        change.Delivery = default;
        change.Value = default;
        change.For = null;
        change.NextCommitted = null;
        change.IsCommitted = false;
        _idle.Push(change);
    }
}

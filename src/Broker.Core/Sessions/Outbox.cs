using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Core.Storage;
using Broker.Core.Time;

namespace Broker.Core.Sessions;

/// <summary>
/// What waits for one session: two lanes, because QoS 1 and 2 wait for the client's window while QoS 0 need not, bounded
/// together by messages and by bytes. While nothing holds the window up, both leave in the order they came.
/// </summary>
/// <remarks>Threading: none of its own; every call under the session's gate. Owner: its session.</remarks>
internal sealed class Outbox(LimitsInForce inForce, BrokerClock clock)
{
    // Looking through a full queue for expired messages takes as long as the queue; a flood must not make that its cost per message.
    private const long PurgeInterval = 1_000;

    private DeliveryQueue? _unacknowledged; // QoS 0
    private DeliveryQueue? _acknowledged; // QoS 1 and 2
    private long _number;
    private int _purged;
    private long _lastPurge = -PurgeInterval;

    /// <summary>Where drops are written down; null for a session that is not kept.</summary>
    public SessionJournal? Journal { get; set; }

    /// <summary>What the session uses of what its principal and its tenant may; null where nothing is bounded.</summary>
    public SessionBudget? Budget { get; set; }

    /// <summary>Messages that wait.</summary>
    public int Count => (_unacknowledged?.Count ?? 0) + (_acknowledged?.Count ?? 0);

    /// <summary>Messages at QoS 1 and 2 that wait.</summary>
    public int AcknowledgedCount => _acknowledged?.Count ?? 0;

    /// <summary>Bytes that wait.</summary>
    public long Bytes { get; private set; }

    /// <summary>
    /// Whether a message of <paramref name="size"/> bytes fits within both bounds; looks whether expired messages can make room
    /// for it.
    /// </summary>
    public bool HasRoom(int size) => Fits(size) || TryPurge(size);

    /// <summary>
    /// Adds a delivery, or says why not. With <see cref="OverflowPolicy.DropOldest"/> the dropped messages are released here,
    /// counted in <paramref name="droppedOldest"/>.
    /// </summary>
    public DeliverOutcome TryAdd(in Delivery delivery, out int droppedOldest)
    {
        droppedOldest = 0;
        int size = delivery.Message.Size;
        if (!HasRoom(size))
        {
            bool makeRoom = delivery.Qos != QualityOfService.AtMostOnce && inForce.Current.Overflow == OverflowPolicy.DropOldest;
            if (!makeRoom || size > inForce.Current.QueueBytes) return DeliverOutcome.QueueFull;
            while (!Fits(size))
            {
                if (Count == 0) return DeliverOutcome.QueueFull; // others of its principal or tenant have used it all
                Delivery oldest = TakeOldest();
                Journal?.Removed(oldest.Entry);
                oldest.Message.Release();
                droppedOldest++;
            }
        }

        DeliveryQueue lane = delivery.Qos == QualityOfService.AtMostOnce ? _unacknowledged ??= new() : _acknowledged ??= new();
        lane.Enqueue(delivery, _number++);
        Account(size);
        return droppedOldest > 0 ? DeliverOutcome.OldestDropped : DeliverOutcome.Queued;
    }

    /// <summary>Adds what an earlier run of the broker kept, whatever the bounds are now.</summary>
    public void Restore(in Delivery delivery)
    {
        (_acknowledged ??= new DeliveryQueue()).Enqueue(delivery, _number++);
        Account(delivery.Message.Size);
    }

    /// <summary>The number that the next delivery gets; they only go up.</summary>
    public long NextNumber => _number;

    /// <summary>Takes a number for what waits elsewhere for the same session.</summary>
    public long TakeNumber() => _number++;

    /// <summary>
    /// Takes the next delivery that may leave, of those with a number below <paramref name="end"/>: in order of arrival, QoS 1
    /// and 2 only while the window is open.
    /// </summary>
    public bool TryTake(bool windowOpen, long end, out Delivery delivery)
    {
        long first = _unacknowledged?.FirstNumber ?? long.MaxValue;
        long second = windowOpen ? _acknowledged?.FirstNumber ?? long.MaxValue : long.MaxValue;
        if (Math.Min(first, second) >= end)
        {
            delivery = default;
            return false;
        }

        delivery = (first < second ? _unacknowledged! : _acknowledged!).Dequeue(); // its number says that it is not empty
        Account(-delivery.Message.Size);
        return true;
    }

    /// <summary>Drops every QoS 0 message: the client went away. Returns how many.</summary>
    public int DropUnacknowledged()
    {
        int dropped = _unacknowledged?.Count ?? 0;
        for (int i = 0; i < dropped; i++)
        {
            Delivery delivery = _unacknowledged!.Dequeue();
            Account(-delivery.Message.Size);
            delivery.Message.Release();
        }

        _unacknowledged = null;
        return dropped;
    }

    /// <summary>
    /// Takes out what came through shared groups, so that other members can have it; if <paramref name="except"/> is given,
    /// only what another connected member could take.
    /// </summary>
    public void TakeShared(List<Delivery> taken, Session? except)
    {
        if (_acknowledged is null) return;
        int before = taken.Count;
        _acknowledged.TakeShared(taken, except);
        for (int i = before; i < taken.Count; i++) Account(-taken[i].Message.Size);
    }

    /// <summary>Adds what the store keeps, in order.</summary>
    public void CollectKept(List<KeptDelivery> kept) => _acknowledged?.CollectKept(kept);

    /// <summary>How many expired messages made room since this was asked last.</summary>
    public int TakePurged()
    {
        int purged = _purged;
        _purged = 0;
        return purged;
    }

    /// <summary>Releases everything.</summary>
    public void Clear()
    {
        while (TryTake(windowOpen: true, long.MaxValue, out Delivery delivery)) delivery.Message.Release();
        _unacknowledged = _acknowledged = null;
    }

    private bool Fits(int size)
    {
        BrokerLimits limits = inForce.Current;
        bool fits = Count < limits.QueueMessages && Bytes + size <= limits.QueueBytes;
        return fits && (Budget is null || Budget.HasRoom(BudgetItem.QueueBytes, size, null));
    }

    private void Account(long change)
    {
        Bytes += change;
        Budget?.Use(BudgetItem.QueueBytes, change);
    }

    /// <summary>Drops what expired while it waited, at most once a second; true if there is room now.</summary>
    private bool TryPurge(int size)
    {
        if (clock.Now - _lastPurge < PurgeInterval) return false;
        _lastPurge = clock.Now;
        foreach (DeliveryQueue? lane in (ReadOnlySpan<DeliveryQueue?>)[_unacknowledged, _acknowledged])
        {
            if (lane is null) continue;
            Account(-lane.RemoveExpired(clock.Now, Journal, out int removed));
            _purged += removed;
        }

        return Fits(size);
    }

    private Delivery TakeOldest()
    {
        TryTake(windowOpen: true, long.MaxValue, out Delivery oldest);
        return oldest;
    }
}

using System.Diagnostics;
using Broker.Core.Storage;

namespace Broker.Core.Sessions;

/// <summary>A growable ring of deliveries with a running number each, so that two lanes can be drained in one order.</summary>
/// <remarks>Threading: none of its own. Owner: an <see cref="Outbox"/>. It holds no memory while it is empty for long.</remarks>
internal sealed class DeliveryQueue
{
    private const int SmallestCapacity = 8;

    // A burst's memory is given back once the ring runs empty.
    private const int KeptCapacity = 1_024;

    private (Delivery Delivery, long Number)[] _ring = [];
    private int _head;

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>The number of the one that waits longest; <see cref="long.MaxValue"/> if none does.</summary>
    public long FirstNumber => Count == 0 ? long.MaxValue : _ring[_head].Number;

    /// <summary>Adds one at the end.</summary>
    public void Enqueue(in Delivery delivery, long number)
    {
        if (Count == _ring.Length) Grow();
        _ring[(_head + Count) & (_ring.Length - 1)] = (delivery, number);
        Count++;
    }

    /// <summary>The one that waits longest.</summary>
    public ref readonly Delivery Peek()
    {
        Debug.Assert(Count > 0);
        return ref _ring[_head].Delivery;
    }

    /// <summary>Takes the one that waits longest.</summary>
    public Delivery Dequeue()
    {
        Debug.Assert(Count > 0);
        Delivery delivery = _ring[_head].Delivery;
        _ring[_head] = default;
        _head = (_head + 1) & (_ring.Length - 1);
        if (--Count == 0)
        {
            _head = 0;
            if (_ring.Length > KeptCapacity) _ring = [];
        }

        return delivery;
    }

    /// <summary>
    /// Takes out the deliveries that came through shared groups, in order, into <paramref name="taken"/>; if
    /// <paramref name="except"/> is given, only those that another connected member could take.
    /// </summary>
    public void TakeShared(List<Delivery> taken, Session? except)
    {
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            ref (Delivery Delivery, long Number) item = ref At(i);
            if (item.Delivery.Group is { } group && (except is null || group.HasConnectedMember(except))) taken.Add(item.Delivery);
            else At(kept++) = item;
        }

        Shorten(kept);
    }

    /// <summary>Adds what the store keeps, in order.</summary>
    public void CollectKept(List<KeptDelivery> kept)
    {
        for (int i = 0; i < Count; i++)
        {
            Delivery delivery = At(i).Delivery;
            if (delivery.Entry != 0) kept.Add(new KeptDelivery(delivery, 0, IsReleased: false));
        }
    }

    /// <summary>Releases what has expired, and returns how many bytes that was.</summary>
    public long RemoveExpired(long now, SessionJournal? journal, out int removed)
    {
        long bytes = 0;
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            ref (Delivery Delivery, long Number) item = ref At(i);
            if (!item.Delivery.Message.HasExpired(now))
            {
                At(kept++) = item;
                continue;
            }

            bytes += item.Delivery.Message.Size;
            journal?.Removed(item.Delivery.Entry);
            item.Delivery.Message.Release();
        }

        removed = Count - kept;
        Shorten(kept);
        return bytes;
    }

    private ref (Delivery Delivery, long Number) At(int index) => ref _ring[(_head + index) & (_ring.Length - 1)];

    private void Shorten(int count)
    {
        for (int i = count; i < Count; i++) At(i) = default;
        Count = count;
    }

    private void Grow()
    {
        var larger = new (Delivery, long)[Math.Max(SmallestCapacity, 2 * _ring.Length)];
        for (int i = 0; i < Count; i++) larger[i] = _ring[(_head + i) & (_ring.Length - 1)];
        _ring = larger;
        _head = 0;
    }
}

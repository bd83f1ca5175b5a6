using Broker.Core.Primitives;

namespace Broker.Core.Sessions;

/// <summary>
/// The subscriptions of one session by their filters. Most sessions have a few: those lie in an array that is as long as they are many.
/// Many are found by hash, at 11 to 16 bytes each beside themselves.
/// </summary>
/// <remarks>Threading: none of its own; under the session's gate. Owner: its session.</remarks>
internal sealed class SubscriptionSet
{
    private const int MostInLine = 8;

    private Subscription?[] _slots = [];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>All of them; the set must not change meanwhile.</summary>
    public IEnumerable<Subscription> Values
    {
        get
        {
            foreach (Subscription? subscription in _slots)
            {
                if (subscription is not null) yield return subscription;
            }
        }
    }

    private bool IsHashed => _slots.Length > MostInLine;

    /// <summary>The subscription with a filter, or null.</summary>
    /// <param name="filter">The filter as the client wrote it, in UTF-8.</param>
    public Subscription? Find(ReadOnlySpan<byte> filter) => PlaceOf(filter) is var place and >= 0 ? _slots[place] : null;

    /// <summary>Adds a subscription whose filter is not there yet.</summary>
    public void Add(Subscription subscription)
    {
        bool isFull = IsHashed ? (Count + 1) * 4 > _slots.Length * 3 : Count == _slots.Length;
        if (isFull) Resize(_slots.Length <= MostInLine ? Math.Max(1, 2 * _slots.Length) : _slots.Length * 3 / 2);
        if (IsHashed) Put(subscription);
        else _slots[Count] = subscription;
        Count++;
    }

    /// <summary>Takes out the subscription with a filter; null if there is none.</summary>
    public Subscription? Remove(ReadOnlySpan<byte> filter)
    {
        int hole = PlaceOf(filter);
        if (hole < 0) return null;
        Subscription? removed = _slots[hole];
        Count--;
        if (Count == 0)
        {
            _slots = [];
        }
        else if (!IsHashed)
        {
            _slots[hole] = _slots[Count];
            _slots[Count] = null;
        }
        else
        {
            _slots[hole] = null;
            Close(hole);
            if (Count * 6 < _slots.Length) Resize(_slots.Length / 3);
        }

        return removed;
    }

    /// <summary>Takes out all of them.</summary>
    public Subscription[] Take()
    {
        Subscription[] all = [.. Values];
        _slots = [];
        Count = 0;
        return all;
    }

    private int PlaceOf(ReadOnlySpan<byte> filter)
    {
        int at = IsHashed ? HomeOf(filter) : 0;
        for (int i = 0; i < _slots.Length; i++)
        {
            if (_slots[at] is not { } subscription) return -1; // in line and by hash alike, nothing stands behind a free slot
            if (subscription.Utf8Filter.AsSpan().SequenceEqual(filter)) return at;
            at = Next(at);
        }

        return -1;
    }

    private int HomeOf(ReadOnlySpan<byte> filter) => (int)((uint)Utf8Comparer.Instance.GetHashCode(filter) % (uint)_slots.Length);

    private int Next(int place) => place + 1 == _slots.Length ? 0 : place + 1;

    private void Put(Subscription subscription)
    {
        int at = HomeOf(subscription.Utf8Filter);
        while (_slots[at] is not null) at = Next(at);
        _slots[at] = subscription;
    }

    /// <summary>Puts those again that stand behind a place that became free, up to the next free one: they may belong before it.</summary>
    private void Close(int hole)
    {
        for (int at = Next(hole); _slots[at] is { } subscription; at = Next(at))
        {
            _slots[at] = null;
            Put(subscription);
        }
    }

    private void Resize(int size)
    {
        Subscription[] all = [.. Values];
        _slots = new Subscription?[size];
        for (int i = 0; i < all.Length; i++)
        {
            if (IsHashed) Put(all[i]);
            else _slots[i] = all[i];
        }
    }
}

namespace Broker.Core.Topics;

/// <summary>
/// An open-addressing hash table of (hash, id): linear probing, deletion by shifting back, so that there are no tombstones that pile up.
/// It does not know the keys: whoever looks up probes <see cref="Slots"/> from <see cref="Home"/> to the first empty slot and compares the key of each id with the same hash.
/// </summary>
/// <remarks>
/// At most three quarters full, and at least half after growing: the size is not a power of two, so growing by half is possible, and memory is 11 to 16 bytes an id.
/// <para>Threading: none; the tree that owns it has the lock. Who probes without it, and checks afterwards that nothing changed, may see a mixture, but meets an
/// empty slot all the same: there are always some.</para>
/// </remarks>
internal sealed class HashIndex
{
    /// <summary>One place. Id 0 = empty.</summary>
    internal struct Slot
    {
        public uint Hash;
        public int Id;
    }

    private const int MinSlots = 16;

    public Slot[] Slots { get; private set; } = new Slot[MinSlots];

    public int Count { get; private set; }

    /// <summary>Where the search for a hash begins: its high bits, scaled to the number of slots.</summary>
    public static int Home(uint hash, int slots) => (int)(((ulong)hash * (uint)slots) >> 32);

    /// <summary>Makes room for more ids, so that adding them moves none that is there. Whoever probes meanwhile may go on in the old slots.</summary>
    public void EnsureRoom(int more)
    {
        while ((Count + more) * 4L > Slots.Length * 3L)
        {
            Resize(Growth.Next(Slots.Length));
        }
    }

    /// <summary>Adds an id that is not there yet.</summary>
    public void Add(uint hash, int id)
    {
        EnsureRoom(1);
        Count++;
        Put(Slots, hash, id);
    }

    /// <summary>Removes an id that is there.</summary>
    public void Remove(uint hash, int id)
    {
        Slot[] slots = Slots;
        int hole = Home(hash, slots.Length);
        while (slots[hole].Id != id)
        {
            hole = Next(slots, hole);
        }

        // Pull back every later entry of the run, unless its search begins behind the hole.
        for (int i = Next(slots, hole); slots[i].Id != 0; i = Next(slots, i))
        {
            int home = Home(slots[i].Hash, slots.Length);
            bool stays = hole < i ? home > hole && home <= i : home > hole || home <= i;
            if (!stays)
            {
                slots[hole] = slots[i];
                hole = i;
            }
        }

        slots[hole] = default;
        Count--;
        if (slots.Length > MinSlots && Count * 6L < slots.Length)
        {
            Resize(Math.Max(MinSlots, slots.Length / 3));
        }
    }

    /// <summary>Removes everything, and gives the memory back.</summary>
    public void Clear()
    {
        Slots = new Slot[MinSlots];
        Count = 0;
    }

    /// <summary>The slot that is probed after this one.</summary>
    public static int Next(Slot[] slots, int i) => i + 1 == slots.Length ? 0 : i + 1;

    private void Resize(int size)
    {
        var slots = new Slot[size];
        foreach (Slot slot in Slots)
        {
            if (slot.Id != 0)
            {
                Put(slots, slot.Hash, slot.Id);
            }
        }

        Slots = slots;
    }

    private static void Put(Slot[] slots, uint hash, int id)
    {
        int i = Home(hash, slots.Length);
        while (slots[i].Id != 0)
        {
            i = Next(slots, i);
        }

        slots[i] = new Slot { Hash = hash, Id = id };
    }
}

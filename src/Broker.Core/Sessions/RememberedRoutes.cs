using Broker.Core.Primitives;

namespace Broker.Core.Sessions;

/// <summary>
/// The targets of the topics in use. A topic is remembered when it comes a second time and few others came meanwhile, so that a million
/// topics that are published once cost nothing, and push out nobody.
/// </summary>
/// <remarks>
/// Threading: any thread, without locks: an entry is found or not, whole or not at all, and whether it still holds is for the caller to
/// find out. Two threads may remember the same topic twice; that is only a place wasted.
/// </remarks>
internal sealed class RememberedRoutes(ulong seed)
{
    private const int Ways = 4; // places that a topic may be at: one cache line of them
    private const int Sets = 8_192;

    // Targets of all entries together; past this the memory starts afresh.
    private const int MostTargets = 4_194_304;

    private readonly Slot[] _slots = new Slot[Sets * Ways];
    private readonly uint[] _seen = new uint[Sets]; // the topic of the set that was not found last
    private int _targets;

    /// <summary>The hash that a topic is known by in here.</summary>
    public ulong HashOf(ReadOnlySpan<byte> topic) => KeyedHash.Compute(topic, seed);

    /// <summary>What is remembered of a topic, or null.</summary>
    public RouteTargets? Find(ReadOnlySpan<byte> topic, ulong hash)
    {
        foreach (ref Slot slot in SetOf(hash))
        {
            if (slot.Tag == TagOf(hash) && Volatile.Read(ref slot.Targets) is { } targets && targets.Topic.AsSpan().SequenceEqual(topic)) return targets;
        }

        return null;
    }

    /// <summary>Whether a topic that was not found is worth remembering: it came before, and no other of its set since.</summary>
    public bool IsSeenAgain(ulong hash)
    {
        ref uint seen = ref _seen[hash % Sets];
        if (seen == TagOf(hash)) return true;
        seen = TagOf(hash);
        return false;
    }

    /// <summary>Remembers the targets of a topic, in the place of <paramref name="stale"/> if there is one.</summary>
    public void Keep(ulong hash, RouteTargets? stale, RouteTargets fresh)
    {
        Span<Slot> set = SetOf(hash);
        int place = (int)(hash / Sets % Ways); // if all are taken: some other topic has to go
        for (int i = 0; i < Ways; i++)
        {
            RouteTargets? there = Volatile.Read(ref set[i].Targets);
            if (there == stale) place = i; // the stale one, or a free place
        }

        RouteTargets? replaced = Interlocked.Exchange(ref set[place].Targets, fresh);
        set[place].Tag = TagOf(hash);
        if (Interlocked.Add(ref _targets, fresh.Count - (replaced?.Count ?? 0)) > MostTargets) Clear();
    }

    /// <summary>Starts afresh.</summary>
    public void Clear()
    {
        Array.Clear(_slots);
        Volatile.Write(ref _targets, 0);
    }

    private static uint TagOf(ulong hash) => (uint)(hash >> 32);

    private Span<Slot> SetOf(ulong hash) => _slots.AsSpan((int)(hash % Sets) * Ways, Ways);

    private struct Slot
    {
        public RouteTargets? Targets;
        public uint Tag;
    }
}

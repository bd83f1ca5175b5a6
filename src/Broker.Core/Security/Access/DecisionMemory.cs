using Broker.Core.Primitives;

namespace Broker.Core.Security.Access;

/// <summary>
/// What was decided for one subject, by topic: most clients work with few. The first topics that come are remembered, until there is
/// no place; the others are decided again each time, so nothing is allocated once it is full.
/// </summary>
/// <remarks>Threading: any thread. An entry never changes; of two that are written at once, one is lost.</remarks>
internal sealed class DecisionMemory
{
    private const int First = 4;
    private const int Most = 64;
    private const int Tries = 4;

    private Entry?[] _entries = new Entry?[First];

    /// <summary>The decision, if it is remembered.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="kind">Everything else that it depends on.</param>
    /// <param name="hash">The topic's hash, see <see cref="Hash"/>.</param>
    /// <param name="isAllowed">What was decided.</param>
    public bool TryGet(ReadOnlySpan<byte> topic, int kind, uint hash, out bool isAllowed)
    {
        Entry?[] entries = Volatile.Read(ref _entries);
        for (uint i = 0; i < Tries; i++)
        {
            Entry? entry = Volatile.Read(ref entries[(hash + i) & (entries.Length - 1)]);
            if (entry is null) break;
            if (entry.Hash != hash || entry.Kind != kind || !topic.SequenceEqual(entry.Topic)) continue;
            isAllowed = entry.IsAllowed;
            return true;
        }

        isAllowed = false;
        return false;
    }

    /// <summary>Remembers a decision, if there is a place.</summary>
    public void Add(ReadOnlySpan<byte> topic, int kind, uint hash, bool isAllowed)
    {
        Entry?[] entries = Volatile.Read(ref _entries);
        while (FreePlace(entries, hash) is var place)
        {
            if (place >= 0)
            {
                Volatile.Write(ref entries[place], new Entry(topic.ToArray(), hash, kind, isAllowed));
                return;
            }

            if (entries.Length >= Most) return;
            entries = Grown(entries);
            Volatile.Write(ref _entries, entries);
        }
    }

    /// <summary>The hash of a topic and a kind.</summary>
    public static uint Hash(ReadOnlySpan<byte> topic, int kind) => (uint)Utf8Comparer.Instance.GetHashCode(topic) + ((uint)kind * 0x9E3779B1u);

    private static int FreePlace(Entry?[] entries, uint hash)
    {
        for (uint i = 0; i < Tries; i++)
        {
            int place = (int)((hash + i) & (uint)(entries.Length - 1));
            if (entries[place] is null) return place;
        }

        return -1;
    }

    private static Entry?[] Grown(Entry?[] entries)
    {
        var grown = new Entry?[entries.Length * 2];
        foreach (Entry? entry in entries)
        {
            if (entry is not null && FreePlace(grown, entry.Hash) is var place and >= 0) grown[place] = entry;
        }

        return grown;
    }

    private sealed record Entry(byte[] Topic, uint Hash, int Kind, bool IsAllowed);
}

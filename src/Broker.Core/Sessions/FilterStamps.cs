using System.Runtime.CompilerServices;
using Broker.Core.Primitives;
using Broker.Core.Topics;

namespace Broker.Core.Sessions;

/// <summary>
/// Says cheaply whether a filter was added or removed that may match a topic: a counter for every filter without wildcards, and one for
/// all filters that have the same levels before their first wildcard, as far as <see cref="PrefixLevels"/>. Several may share a counter;
/// then a topic is looked up once more than it had to be.
/// </summary>
/// <remarks>Threading: any thread, without locks. A change is counted after it was made, and counters are read before a match.</remarks>
internal sealed class FilterStamps(ulong seed)
{
    /// <summary>How many levels before the first wildcard of a filter are told apart.</summary>
    public const int PrefixLevels = 3;

    private const int Counters = 8_192;

    private readonly long[] _counters = new long[Counters];
    private long _anywhere; // filters that begin with a wildcard

    /// <summary>A filter was added or removed.</summary>
    public void Count(ReadOnlySpan<byte> filter)
    {
        int wildcard = filter.IndexOfAny(TopicName.SingleLevelWildcard, TopicName.MultiLevelWildcard);
        if (wildcard == 0)
        {
            Interlocked.Increment(ref _anywhere);
            return;
        }

        if (wildcard > 0) filter = filter[..(wildcard - 1)]; // without the separator before it
        int levels = wildcard < 0 ? 0 : Math.Min(filter.Count(TopicName.Separator) + 1, PrefixLevels);
        if (levels > 0) filter = Prefix(filter, levels);
        Interlocked.Increment(ref _counters[PlaceOf(filter, levels)]);
    }

    /// <summary>Where the counters of the filters are that may match a topic.</summary>
    public Places PlacesOf(ReadOnlySpan<byte> topic)
    {
        Places places = default;
        places[0] = PlaceOf(topic, 0);
        for (int levels = 1; levels <= PrefixLevels; levels++) places[levels] = PlaceOf(Prefix(topic, levels), levels);
        return places;
    }

    /// <summary>A number that changes with every change that may matter to the topic whose places these are.</summary>
    public long Sum(in Places places)
    {
        long sum = Volatile.Read(ref _anywhere);
        foreach (ushort place in places) sum += Volatile.Read(ref _counters[place]);
        return sum;
    }

    /// <summary>The first levels of a topic or filter, or all of it if it has no more.</summary>
    private static ReadOnlySpan<byte> Prefix(ReadOnlySpan<byte> path, int levels)
    {
        int end = -1;
        for (int i = 0; i < levels; i++)
        {
            int length = path[(end + 1)..].IndexOf(TopicName.Separator);
            if (length < 0) return path;
            end += 1 + length;
        }

        return path[..end];
    }

    private ushort PlaceOf(ReadOnlySpan<byte> path, int levels) => (ushort)(KeyedHash.Compute(path, seed + (ulong)levels) % Counters);

    /// <summary>Places of counters.</summary>
    [InlineArray(1 + PrefixLevels)]
    internal struct Places
    {
        private ushort _first;
    }
}

using Broker.Core.Primitives;

namespace Broker.Core.Topics;

/// <summary>
/// Who wants which topic: entries under topic filters, found by topic name. MQTT 5.0 section 4.7.
/// </summary>
/// <typeparam name="T">The subscription, as its owner sees it. The tree knows nothing of it but its place.</typeparam>
/// <remarks>
/// Filters without a wildcard, most of them by far, are found by the whole topic in a hash table (<see cref="ExactFilters{T}"/>); only the others are a tree of levels. A match visits
/// only nodes that match the topic so far, with a stack of at most one pending '+' branch per level; it allocates nothing once the caller's buffer is large enough. Entries of one node lie in one array and are removed by swapping with the last, so a node with 10,000 entries is as cheap to
/// change as one with two.
/// <para>Threading: every member may be called from any thread. Changes are made one after the other, under a private lock. A match takes no lock: it reads,
/// and looks afterwards whether something changed meanwhile; then it reads again. A change makes room before it begins, so that it takes well under a microsecond
/// however large the tree is. Only a match that was disturbed <see cref="Attempts"/> times takes the lock. Owner of an entry's place: this tree, until it is removed.</para>
/// <para>Filters are taken as they are: whoever made the entry has checked its <see cref="TreeEntry.Path"/> with <see cref="TopicFilter"/>.</para>
/// </remarks>
public sealed class SubscriptionTree<T>
    where T : TreeEntry
{
    private const int Attempts = 4;

    private readonly Lock _gate = new();

    // under _gate
    private readonly ExactFilters<T> _exact;
    private readonly LevelTree _tree; // of the filters with wildcards
    private readonly EntryStore<T> _entries = new();
    private int _count;

    private long _sequence; // +1 when a change begins, +1 when it is over; written under _gate, read by anyone

    /// <summary>Makes an empty tree.</summary>
    /// <param name="hashSeed">The random secret of this process that keeps clients from choosing levels that collide.</param>
    public SubscriptionTree(ulong hashSeed)
    {
        _exact = new ExactFilters<T>(KeyedHash.Compute("exact filters"u8, hashSeed));
        _tree = new LevelTree(hashSeed, withSiblings: false);
    }

    /// <summary>
    /// How many times the tree has changed. One who reads it, then matches, may use the result as long as it reads the same number: a
    /// change that has returned is never missed.
    /// </summary>
    public long Version => Volatile.Read(ref _sequence) >> 1;

    /// <summary>How many entries there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>How many nodes there are, of both kinds: a measure of memory, 16 to 40 bytes each.</summary>
    public int NodeCount
    {
        get
        {
            lock (_gate)
            {
                return _exact.Count + _tree.Count;
            }
        }
    }

    /// <summary>Adds an entry; several entries may have the same filter.</summary>
    /// <param name="entry">The entry; it is in no tree.</param>
    /// <exception cref="InvalidOperationException">The entry is in a tree already.</exception>
    public void Add(T entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        lock (_gate)
        {
            if (entry.Node != 0)
            {
                throw new InvalidOperationException("The entry is in a tree already.");
            }

            ReadOnlySpan<byte> filter = entry.Path;
            if (ExactFilters<T>.Takes(filter))
            {
                _exact.EnsureRoom();
                BeginChange();
                _exact.Add(entry);
            }
            else
            {
                _tree.EnsureRoom(filter);
                _entries.EnsureRoom();
                BeginChange();
                int node = _tree.GetOrAdd(filter);
                entry.Node = node;
                _entries.Add(_tree.Nodes, entry);
            }

            Volatile.Write(ref _count, _count + 1);
            EndChange();
        }
    }

    /// <summary>Removes an entry; one that is in no tree is left alone.</summary>
    /// <param name="entry">The entry.</param>
    /// <exception cref="InvalidOperationException">The entry is in another tree.</exception>
    public void Remove(T entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        lock (_gate)
        {
            if (entry.Node == 0)
            {
                return;
            }

            bool isExact = ExactFilters<T>.Takes(entry.Path);
            bool isHere = isExact ? _exact.Contains(entry) : entry.Node < _tree.Nodes.Length && _entries.Contains(_tree.Nodes[entry.Node].Item, entry);
            if (!isHere)
            {
                throw new InvalidOperationException("The entry is not in this tree.");
            }

            BeginChange();
            if (isExact)
            {
                _exact.Remove(entry);
            }
            else
            {
                RemoveFromTree(entry);
            }

            Volatile.Write(ref _count, _count - 1);
            EndChange();
        }
    }

    /// <summary>Appends every entry whose filter matches a topic.</summary>
    /// <param name="topic">A valid topic name.</param>
    /// <param name="matches">Where to; not cleared before.</param>
    public void Match(ReadOnlySpan<byte> topic, ref Matches<T> matches) => Match(topic, matches);

    /// <inheritdoc cref="Match(ReadOnlySpan{byte}, ref Matches{T})"/>
    public void Match(ReadOnlySpan<byte> topic, Matches<T> matches)
    {
        ArgumentNullException.ThrowIfNull(matches);
        (int Count, bool HasNode, bool MoreThanOneNode) mark = matches.Mark;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            if (TryMatch(topic, matches))
            {
                return;
            }

            matches.Return(mark);
        }

        lock (_gate)
        {
            Find(topic, matches);
        }
    }

    /// <summary>Matches without the lock; false if something changed meanwhile, so that what was appended means nothing.</summary>
    private bool TryMatch(ReadOnlySpan<byte> topic, Matches<T> matches)
    {
        long sequence = Volatile.Read(ref _sequence);
        if ((sequence & 1) != 0)
        {
            return false;
        }

        try
        {
            Find(topic, matches);
        }
        catch (Exception fault) when (IsMixture(fault, sequence))
        {
            return false;
        }

        Volatile.ReadBarrier(); // everything above was read before what follows
        return Volatile.Read(ref _sequence) == sequence;
    }

    /// <summary>Whether something was thrown because the walk saw half a change: an index or an array that no longer, or not yet, fits the others.</summary>
    private bool IsMixture(Exception fault, long sequence)
    {
        Volatile.ReadBarrier();
        return fault is IndexOutOfRangeException or ArgumentOutOfRangeException or NullReferenceException && Volatile.Read(ref _sequence) != sequence;
    }

    private void BeginChange()
    {
        Interlocked.Increment(ref _sequence); // a full fence: no write of the change comes before it
    }

    private void EndChange() => Volatile.Write(ref _sequence, _sequence + 1);

    private void RemoveFromTree(T entry)
    {
        int node = entry.Node;
        _entries.Remove(_tree.Nodes, entry);
        entry.Node = 0;
        if (_tree.Nodes[node].Item != 0)
        {
            return;
        }

        _tree.Prune(node);
        if (_tree.Compact() is { } moved)
        {
            _entries.Renumber(moved, _tree.Nodes);
        }
    }

    private void Find(ReadOnlySpan<byte> topic, Matches<T> matches)
    {
        _exact.CopyTo(topic, matches);
        if (_tree.Count > 0)
        {
            Walk(TopicName.IsReserved(topic), ResolveLevels(topic, matches), matches);
        }
    }

    /// <summary>Looks up the ids of a topic's levels, before the walk: the lookups do not depend on each other, so the processor overlaps their cache misses.</summary>
    private int ResolveLevels(ReadOnlySpan<byte> topic, Matches<T> matches)
    {
        int depth = 0;
        bool goesOn = true;
        while (goesOn)
        {
            ReadOnlySpan<byte> level = TopicFilter.TakeLevel(ref topic, out goesOn);
            if (depth == matches.Levels.Length)
            {
                Array.Resize(ref matches.Levels, depth * 2);
                Array.Resize(ref matches.Pending, depth * 2);
            }

            matches.Levels[depth++] = _tree.FindLevel(level);
        }

        return depth;
    }

    private void Walk(bool isReserved, int topicDepth, Matches<T> matches)
    {
        LevelNode[] nodes = _tree.Nodes;
        int[] levels = matches.Levels;
        TreeBranch[] pending = matches.Pending;
        int pendingCount = 0;
        int at = LevelTree.Root;
        int depth = 0;
        while (true)
        {
            int child = 0;
            bool wildcards = depth > 0 || !isReserved; // [MQTT-4.7.2-1]
            if (wildcards && _tree.FindChild(at, LevelTable.Hash) is var hash and not 0)
            {
                _entries.CopyTo(nodes[hash].Item, matches); // also of the parent level: "sport/#" matches "sport"
            }

            if (depth == topicDepth)
            {
                _entries.CopyTo(nodes[at].Item, matches);
            }
            else
            {
                if (wildcards && _tree.FindChild(at, LevelTable.Plus) is var plus and not 0)
                {
                    // One branch waits per level at most, and topicDepth <= pending.Length.
                    pending[pendingCount++] = new TreeBranch(plus, depth + 1);
                }

                child = _tree.FindChild(at, levels[depth]);
            }

            if (child != 0)
            {
                at = child;
                depth++;
            }
            else if (pendingCount > 0)
            {
                TreeBranch branch = pending[--pendingCount];
                at = branch.Node;
                depth = branch.Depth;
            }
            else
            {
                return;
            }
        }
    }
}

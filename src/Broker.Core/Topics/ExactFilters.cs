using Broker.Core.Primitives;

namespace Broker.Core.Topics;

/// <summary>
/// The entries of a <see cref="SubscriptionTree{T}"/> whose filters have no wildcard: a topic finds its own with one look into a hash table, however many levels it has.
/// </summary>
/// <remarks>
/// A filter's bytes are those of its entries and are not kept again: a filter costs 16 bytes here, and 11 to 16 in the table. A node is one filter:
/// <see cref="LevelNode.Level"/> holds its hash, <see cref="LevelNode.Item"/> its entries, <see cref="LevelNode.Parent"/> the next free one of those that are not in use.
/// <para>Threading: none; the tree that owns it has the lock, and checks what was read without it.</para>
/// </remarks>
internal sealed class ExactFilters<T>(ulong seed)
    where T : TreeEntry
{
    private const int MinNodes = 16;

    private readonly HashIndex _index = new();
    private readonly EntryStore<T> _entries = new();
    private LevelNode[] _nodes = new LevelNode[MinNodes]; // node 0 is nobody's
    private int _end = 1;
    private int _free;

    /// <summary>How many filters there are.</summary>
    public int Count => _index.Count;

    /// <summary>Whether a filter belongs here.</summary>
    public static bool Takes(ReadOnlySpan<byte> filter) => !filter.ContainsAny(TopicName.SingleLevelWildcard, TopicName.MultiLevelWildcard);

    /// <summary>Makes room for one more entry, so that adding it moves nothing; who reads meanwhile may go on in the old arrays.</summary>
    public void EnsureRoom()
    {
        if (_end == _nodes.Length)
        {
            Array.Resize(ref _nodes, Growth.Next(_end));
        }

        _index.EnsureRoom(1);
        _entries.EnsureRoom();
    }

    /// <summary>Adds an entry; there is room.</summary>
    public void Add(T entry)
    {
        uint hash = HashOf(entry.Path);
        int node = Find(entry.Path, hash);
        if (node == 0)
        {
            node = Allocate();
            _nodes[node] = new LevelNode { Level = (int)hash };
            _index.Add(hash, node);
        }

        entry.Node = node;
        _entries.Add(_nodes, entry);
    }

    /// <summary>Removes an entry that is here.</summary>
    public void Remove(T entry)
    {
        int node = entry.Node;
        _entries.Remove(_nodes, entry);
        entry.Node = 0;
        if (_nodes[node].Item != 0)
        {
            return;
        }

        _index.Remove((uint)_nodes[node].Level, node);
        _nodes[node] = new LevelNode { Parent = _free };
        _free = node;
        Compact();
    }

    /// <summary>Whether an entry is here.</summary>
    public bool Contains(T entry) => entry.Node > 0 && entry.Node < _nodes.Length && _entries.Contains(_nodes[entry.Node].Item, entry);

    /// <summary>Appends the entries of a topic.</summary>
    public void CopyTo(ReadOnlySpan<byte> topic, Matches<T> matches)
    {
        int node = Count == 0 ? 0 : Find(topic, HashOf(topic));
        if (node != 0)
        {
            _entries.CopyTo(_nodes[node].Item, matches);
        }
    }

    private int Find(ReadOnlySpan<byte> path, uint hash)
    {
        HashIndex.Slot[] slots = _index.Slots;
        LevelNode[] nodes = _nodes;
        for (int i = HashIndex.Home(hash, slots.Length); ; i = HashIndex.Next(slots, i))
        {
            HashIndex.Slot slot = slots[i];
            if (slot.Id == 0)
            {
                return 0;
            }

            if (slot.Hash == hash && _entries.FirstOf(nodes[slot.Id].Item) is { } entry && entry.Path.SequenceEqual(path))
            {
                return slot.Id;
            }
        }
    }

    private uint HashOf(ReadOnlySpan<byte> path) => KeyedHash.Compute32(path, seed);

    private int Allocate()
    {
        int node = _free;
        if (node == 0)
        {
            return _end++;
        }

        _free = _nodes[node].Parent;
        return node;
    }

    /// <summary>Moves the nodes together if they use less than an eighth of their array.</summary>
    private void Compact()
    {
        if (_nodes.Length <= MinNodes * 16 || (Count + 1) * 8L > _nodes.Length)
        {
            return;
        }

        LevelNode[] before = _nodes;
        var moved = new int[_end];
        _nodes = new LevelNode[Math.Max(MinNodes, Growth.Next(Count + 1))];
        _index.Clear();
        int end = 1;
        for (int old = 1; old < moved.Length; old++)
        {
            if (before[old].Item == 0)
            {
                continue;
            }

            moved[old] = end;
            _nodes[end] = before[old];
            _index.Add((uint)before[old].Level, end++);
        }

        _end = end;
        _free = 0;
        _entries.Renumber(moved, _nodes);
    }
}

namespace Broker.Core.Topics;

/// <summary>
/// The entries of all nodes of a <see cref="SubscriptionTree{T}"/>. Most nodes have exactly one: those lie in one dense array. Several lie in an array of their node.
/// </summary>
/// <remarks>
/// A node knows its entries by a number, <see cref="LevelNode.Item"/>: positive = place of the only one, negative = complement of the place of a group, 0 = none.
/// Removing swaps with the last in both arrays.
/// <para>Threading: none; the tree that owns it has the lock.</para>
/// </remarks>
internal sealed class EntryStore<T>
    where T : TreeEntry
{
    private const int MinCapacity = 4;

    private struct Group
    {
        public T[]? Entries; // null in a free group
        public int Count;   // in a free group, the next free one
    }

    private T[] _singles = new T[16]; // place 0 is nobody's
    private int _singlesEnd = 1;
    private Group[] _groups = new Group[MinCapacity]; // place 0 is nobody's
    private int _groupsEnd = 1;
    private int _freeGroup;

    /// <summary>Makes room for one more entry; who reads meanwhile may go on in the old arrays.</summary>
    public void EnsureRoom()
    {
        if (_singlesEnd == _singles.Length)
        {
            Array.Resize(ref _singles, Growth.Next(_singles.Length));
        }
    }

    /// <summary>Adds an entry to the node that it names.</summary>
    public void Add(LevelNode[] nodes, T entry)
    {
        ref int item = ref nodes[entry.Node].Item;
        if (item == 0)
        {
            item = AddSingle(entry);
            return;
        }

        if (item > 0)
        {
            int place = AllocateGroup();
            T first = _singles[item];
            RemoveSingle(nodes, item);
            var pair = new T[MinCapacity];
            pair[0] = first;
            _groups[place] = new Group { Entries = pair, Count = 1 };
            first.Slot = 0;
            item = ~place;
        }

        ref Group group = ref _groups[~item];
        T[] entries = group.Entries!; // a node's group is not free
        if (group.Count == entries.Length)
        {
            Array.Resize(ref entries, Growth.Next(group.Count));
            group.Entries = entries;
        }

        entry.Slot = group.Count;
        entries[group.Count++] = entry;
    }

    /// <summary>Removes an entry from the node that it names.</summary>
    public void Remove(LevelNode[] nodes, T entry)
    {
        ref int item = ref nodes[entry.Node].Item;
        if (item > 0)
        {
            RemoveSingle(nodes, item);
            item = 0;
            return;
        }

        ref Group group = ref _groups[~item];
        T[] entries = group.Entries!; // a node's group is not free
        T last = entries[--group.Count];
        entries[entry.Slot] = last;
        last.Slot = entry.Slot;
        entries[group.Count] = null!; // beyond Count nobody reads
        if (group.Count == 1)
        {
            int place = ~item;
            item = AddSingle(entries[0]);
            FreeGroup(place);
        }
        else if (entries.Length > MinCapacity && group.Count <= entries.Length / 4)
        {
            Array.Resize(ref entries, Math.Max(MinCapacity, entries.Length / 2));
            group.Entries = entries;
        }
    }

    /// <summary>Appends the entries of a node.</summary>
    public void CopyTo(int item, Matches<T> matches)
    {
        if (item > 0)
        {
            matches.Add(_singles[item]);
        }
        else if (item < 0)
        {
            Group group = _groups[~item];
            matches.Add(group.Entries.AsSpan(0, group.Count));
        }
    }

    /// <summary>One of a node's entries; null where it has none.</summary>
    public T? FirstOf(int item) => item >= 0 ? _singles[item] : _groups[~item].Entries?[0];

    /// <summary>Whether an entry is one of a node's.</summary>
    public bool Contains(int item, T entry) => item switch
    {
        0 => false,
        > 0 => ReferenceEquals(_singles[item], entry),
        _ => entry.Slot < _groups[~item].Count && ReferenceEquals(_groups[~item].Entries![entry.Slot], entry),
    };

    /// <summary>Nodes have new numbers: tells the entries, and moves the groups together, whose places <paramref name="nodes"/> are told.</summary>
    public void Renumber(int[] moved, LevelNode[] nodes)
    {
        for (int i = 1; i < _singlesEnd; i++)
        {
            _singles[i].Node = moved[_singles[i].Node];
        }

        int end = 1;
        for (int i = 1; i < _groupsEnd; i++)
        {
            Group group = _groups[i];
            if (group.Entries is null)
            {
                continue;
            }

            foreach (T entry in group.Entries.AsSpan(0, group.Count))
            {
                entry.Node = moved[entry.Node];
            }

            nodes[group.Entries[0].Node].Item = ~end;
            _groups[end++] = group; // never to the right, so nothing is overwritten before it was moved
        }

        Array.Resize(ref _groups, Math.Max(MinCapacity, Growth.Next(end)));
        _groups.AsSpan(end).Clear();
        _groupsEnd = end;
        _freeGroup = 0;
    }

    private int AddSingle(T entry)
    {
        EnsureRoom();
        _singles[_singlesEnd] = entry;
        entry.Slot = 0;
        return _singlesEnd++;
    }

    private void RemoveSingle(LevelNode[] nodes, int place)
    {
        T last = _singles[--_singlesEnd];
        _singles[place] = last;
        nodes[last.Node].Item = place;
        _singles[_singlesEnd] = null!; // beyond _singlesEnd nobody reads
        if (_singles.Length > 64 && _singlesEnd <= _singles.Length / 4)
        {
            Array.Resize(ref _singles, _singles.Length / 2);
        }
    }

    private int AllocateGroup()
    {
        int place = _freeGroup;
        if (place != 0)
        {
            _freeGroup = _groups[place].Count;
            return place;
        }

        if (_groupsEnd == _groups.Length)
        {
            Array.Resize(ref _groups, Growth.Next(_groups.Length));
        }

        return _groupsEnd++;
    }

    private void FreeGroup(int place)
    {
        _groups[place] = new Group { Count = _freeGroup };
        _freeGroup = place;
    }
}

using Broker.Core.Primitives;

namespace Broker.Core.Topics;

/// <summary>
/// Paths of levels as a tree: the arena under <see cref="SubscriptionTree{T}"/> and <see cref="TopicTree{T}"/>.
/// </summary>
/// <remarks>
/// A node is a struct in one array and is known by its index, so a million filters are a handful of objects to the garbage collector. The first child of a node is held by the
/// node; from the second on, children are found by (node, level id) in one hash table for the whole tree: most nodes of a large tree have one child and cost no entry. '+' and '#'
/// are children like others, under level ids of their own that no topic's level has. All walks are loops: depth costs no stack.
/// <para>What hangs at a node is its owner's affair: <see cref="LevelNode.Item"/>.</para>
/// <para>Threading: none; the tree that owns it has the lock.</para>
/// </remarks>
internal sealed class LevelTree
{
    /// <summary>The node above the first level. Node 0 is nobody.</summary>
    public const int Root = 1;

    private const int MinNodes = 16;

    private readonly LevelTable _levels;
    private readonly HashIndex _edges = new();
    private readonly SiblingLists? _siblings;
    private readonly ulong _edgeSeed;
    private readonly ulong _edgeFactor;
    private LevelNode[] _nodes = new LevelNode[MinNodes];
    private int _nodesEnd = Root + 1;
    private int _freeNode;

    public LevelTree(ulong seed, bool withSiblings)
    {
        _levels = new LevelTable(seed);
        _siblings = withSiblings ? new SiblingLists(MinNodes) : null;
        // Clients can guess in which order ids are given out; without these two they cannot make edges collide.
        _edgeSeed = KeyedHash.Compute("edge seed"u8, seed);
        _edgeFactor = KeyedHash.Compute("edge factor"u8, seed) | 1;
    }

    /// <summary>All nodes, the free ones too. Replaced when the tree grows or is compacted.</summary>
    public LevelNode[] Nodes => _nodes;

    /// <summary>How many nodes are in use, the root not counted.</summary>
    public int Count { get; private set; }

    /// <summary>How many different levels are in use.</summary>
    public int LevelCount => _levels.Count;

    /// <summary>The id of a level, or <see cref="LevelTable.None"/> where no path has it.</summary>
    public int FindLevel(ReadOnlySpan<byte> level) => _levels.Find(level);

    /// <summary>The child of a node with a level, which may be <see cref="LevelTable.Plus"/> or <see cref="LevelTable.Hash"/>; or 0.</summary>
    public int FindChild(int node, int level)
    {
        int only = _nodes[node].OnlyChild;
        if (only != 0)
        {
            return _nodes[only].Level == level ? only : 0;
        }

        return _nodes[node].MayHaveEdge(level) ? FindEdge(node, level) : 0;
    }

    /// <summary>The first child of a node, or 0; only in a tree with siblings.</summary>
    public int FirstChild(int node) => Siblings.FirstChild(node);

    /// <summary>The next child of the same parent, or 0; only in a tree with siblings.</summary>
    public int NextSibling(int node) => Siblings.Next(node);

    /// <summary>The node of a path in which '+' and '#' are wildcards, or 0.</summary>
    public int Find(ReadOnlySpan<byte> path)
    {
        int node = Root;
        bool goesOn = true;
        while (goesOn && node != 0)
        {
            ReadOnlySpan<byte> level = TopicFilter.TakeLevel(ref path, out goesOn);
            int id = LevelTable.WildcardOf(level);
            node = FindChild(node, id != LevelTable.None ? id : _levels.Find(level));
        }

        return node;
    }

    /// <summary>Makes room for a new path, so that adding it moves nothing; who reads meanwhile may go on in the old arrays.</summary>
    /// <param name="path">The path.</param>
    public void EnsureRoom(ReadOnlySpan<byte> path)
    {
        int levels = path.Count(TopicName.Separator) + 1;
        EnsureNodes(levels);
        _edges.EnsureRoom(levels + 1); // a level each, and the child that was the only one until now
        _levels.EnsureRoom(levels, path.Length);
    }

    /// <summary>The node of a path in which '+' and '#' are wildcards; made where it is missing. The caller puts an item there.</summary>
    public int GetOrAdd(ReadOnlySpan<byte> path)
    {
        int node = Root;
        bool goesOn = true;
        while (goesOn)
        {
            ReadOnlySpan<byte> level = TopicFilter.TakeLevel(ref path, out goesOn);
            int id = LevelTable.WildcardOf(level);
            int child = FindChild(node, id != LevelTable.None ? id : _levels.Find(level));
            node = child != 0 ? child : AddChild(node, id != LevelTable.None ? id : _levels.Acquire(level));
        }

        return node;
    }

    /// <summary>Takes a node without items and children out, and every node above that thereby has neither.</summary>
    public void Prune(int node)
    {
        while (node != Root && _nodes[node].IsUnused)
        {
            int parent = _nodes[node].Parent;
            int level = _nodes[node].Level;
            if (_nodes[parent].RemoveChild(level))
            {
                _edges.Remove(EdgeHash(parent, level), node);
            }

            _siblings?.Unlink(parent, node);
            _levels.Release(level);
            _nodes[node] = new LevelNode { Parent = _freeNode };
            _freeNode = node;
            Count--;
            node = parent;
        }
    }

    /// <summary>Whether a first-level node's level begins with '$', so that wildcards at the first level pass it by.</summary>
    public bool IsReserved(int node) => TopicName.IsReserved(_levels.Bytes(_nodes[node].Level));

    /// <summary>
    /// Moves the nodes together if they use less than an eighth of their array. Every index changes: the caller moves what it keeps beside them.
    /// </summary>
    /// <returns>The new index of each old one (0 = free), or null where nothing was done.</returns>
    public int[]? Compact()
    {
        if (_nodes.Length <= MinNodes * 16 || (Count + 2) * 8L > _nodes.Length)
        {
            return null;
        }

        var moved = new int[_nodesEnd];
        moved[Root] = Root;
        int end = Root + 1;
        for (int old = Root + 1; old < _nodesEnd; old++)
        {
            if (_nodes[old].Level != LevelTable.None)
            {
                moved[old] = end++;
            }
        }

        int[] levels = _levels.Compact();
        LevelNode[] oldNodes = _nodes;
        _nodes = new LevelNode[Math.Max(MinNodes, Growth.Next(end))];
        _nodesEnd = end;
        _freeNode = 0;
        for (int old = Root; old < moved.Length; old++)
        {
            if (moved[old] != 0)
            {
                _nodes[moved[old]] = oldNodes[old].Renumbered(moved, levels);
            }
        }

        _siblings?.Renumber(moved, _nodes.Length);
        RebuildEdges();
        return moved;
    }

    private SiblingLists Siblings => _siblings ?? throw new InvalidOperationException("This tree was made without siblings.");

    private void RebuildEdges()
    {
        _edges.Clear();
        for (int node = Root + 1; node < _nodesEnd; node++)
        {
            int parent = _nodes[node].Parent;
            if (_nodes[parent].OnlyChild == 0)
            {
                _edges.Add(EdgeHash(parent, _nodes[node].Level), node);
            }
        }
    }

    private int FindEdge(int node, int level)
    {
        uint hash = EdgeHash(node, level);
        HashIndex.Slot[] slots = _edges.Slots;
        LevelNode[] nodes = _nodes;
        for (int i = HashIndex.Home(hash, slots.Length); ; i = HashIndex.Next(slots, i))
        {
            HashIndex.Slot slot = slots[i];
            if (slot.Id == 0)
            {
                return 0;
            }

            if (slot.Hash == hash && nodes[slot.Id].Parent == node && nodes[slot.Id].Level == level)
            {
                return slot.Id;
            }
        }
    }

    private int AddChild(int parent, int level)
    {
        int node = Allocate(parent, level);
        if (!_nodes[parent].HasChildren)
        {
            _nodes[parent].SetOnlyChild(node);
        }
        else
        {
            int only = _nodes[parent].OnlyChild;
            if (only != 0)
            {
                AddEdge(parent, only);
            }

            AddEdge(parent, node);
        }

        _siblings?.Link(parent, node);
        return node;
    }

    private void AddEdge(int parent, int child)
    {
        int level = _nodes[child].Level;
        _edges.Add(EdgeHash(parent, level), child);
        _nodes[parent].CountEdge(level);
    }

    private int Allocate(int parent, int level)
    {
        int node = _freeNode;
        if (node != 0)
        {
            _freeNode = _nodes[node].Parent;
        }
        else
        {
            EnsureNodes(1);
            node = _nodesEnd++;
        }

        _nodes[node] = new LevelNode { Parent = parent, Level = level };
        Count++;
        return node;
    }

    private void EnsureNodes(int more)
    {
        while (_nodesEnd + more > _nodes.Length)
        {
            Array.Resize(ref _nodes, Growth.Next(_nodes.Length));
            _siblings?.Resize(_nodes.Length);
        }
    }

    private uint EdgeHash(int parent, int level)
    {
        ulong key = ((ulong)(uint)parent << 32) | (uint)level;
        ulong high = Math.BigMul(key ^ _edgeSeed, _edgeFactor, out ulong low);
        ulong hash = high ^ low;
        return (uint)(hash ^ (hash >> 32));
    }
}

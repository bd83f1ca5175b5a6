namespace Broker.Core.Topics;

/// <summary>One node of a <see cref="LevelTree"/>: a level under a parent. 16 bytes, so that a chain of new nodes shares a cache line. 0 means "none".</summary>
internal struct LevelNode
{
    private const int PlusFlag = 1 << 29;
    private const int HashFlag = 1 << 30;

    /// <summary>The node above; 0 for the root. In a free node, the next free one.</summary>
    public int Parent;

    /// <summary>The level's id in the <see cref="LevelTable"/>; <see cref="LevelTable.None"/> for the root and for free nodes.</summary>
    public int Level;

    /// <summary>
    /// Negative: the complement of the first child, while it is the only one and so not in the edge table. Otherwise the number of children, all in the edge table,
    /// and two flags that say whether '+' and '#' are among them.
    /// </summary>
    private int _children;

    /// <summary>What the tree's owner keeps at this node, in its own numbering; 0 = nothing. The node stays as long as it has an item or children.</summary>
    public int Item;

    public readonly bool IsUnused => Item == 0 && _children == 0;

    public readonly bool HasChildren => _children != 0;

    /// <summary>The child that is held here and not in the edge table, or 0.</summary>
    public readonly int OnlyChild => _children < 0 ? ~_children : 0;

    /// <summary>Whether the edge table has to be asked for a child with this level.</summary>
    public readonly bool MayHaveEdge(int level) => _children > 0 && level switch
    {
        LevelTable.None => false,
        LevelTable.Plus => (_children & PlusFlag) != 0,
        LevelTable.Hash => (_children & HashFlag) != 0,
        _ => true,
    };

    /// <summary>Sets the only child.</summary>
    public void SetOnlyChild(int child) => _children = ~child;

    /// <summary>Counts a child that has been put into the edge table.</summary>
    public void CountEdge(int level) => _children = (Math.Max(_children, 0) + 1) | FlagOf(level);

    /// <summary>Forgets a child; says whether it was in the edge table and must be removed from there.</summary>
    public bool RemoveChild(int level)
    {
        if (_children < 0)
        {
            _children = 0;
            return false;
        }

        _children = (_children - 1) & ~FlagOf(level);
        return true;
    }

    /// <summary>This node with new numbers for its neighbours.</summary>
    public readonly LevelNode Renumbered(int[] nodes, int[] levels) => new()
    {
        Parent = nodes[Parent],
        Level = levels[Level],
        Item = Item,
        _children = _children < 0 ? ~nodes[~_children] : _children,
    };

    private static int FlagOf(int level) => level switch
    {
        LevelTable.Plus => PlusFlag,
        LevelTable.Hash => HashFlag,
        _ => 0,
    };
}

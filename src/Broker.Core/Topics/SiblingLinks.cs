namespace Broker.Core.Topics;

/// <summary>The children of each node of a <see cref="LevelTree"/> as a list, for trees that go through all children of a node. Runs beside the nodes; 0 = none.</summary>
internal struct SiblingLinks
{
    public int FirstChild;
    public int Next;
    public int Previous;

    public readonly SiblingLinks Renumbered(int[] nodes) => new()
    {
        FirstChild = nodes[FirstChild],
        Next = nodes[Next],
        Previous = nodes[Previous],
    };
}

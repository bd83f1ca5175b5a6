namespace Broker.Core.Topics;

/// <summary>The children of each node of a <see cref="LevelTree"/> as a list, for trees that go through all children of a node. Runs beside the nodes; 0 = none.</summary>
/// <remarks>Threading: none; the tree that owns it has the lock.</remarks>
internal sealed class SiblingLists(int capacity)
{
    private struct Links
    {
        public int FirstChild;
        public int Next;
        public int Previous;
    }

    private Links[] _links = new Links[capacity];

    public int FirstChild(int node) => _links[node].FirstChild;

    public int Next(int node) => _links[node].Next;

    public void Resize(int capacity) => Array.Resize(ref _links, capacity);

    /// <summary>Puts a new node first among its parent's children.</summary>
    public void Link(int parent, int node)
    {
        int next = _links[parent].FirstChild;
        _links[node] = new Links { Next = next };
        _links[next].Previous = node; // node 0 is nobody, and its links are never read
        _links[parent].FirstChild = node;
    }

    /// <summary>Takes a node out of its parent's children.</summary>
    public void Unlink(int parent, int node)
    {
        Links gone = _links[node];
        if (gone.Previous == 0)
        {
            _links[parent].FirstChild = gone.Next;
        }
        else
        {
            _links[gone.Previous].Next = gone.Next;
        }

        _links[gone.Next].Previous = gone.Previous; // as in Link
    }

    /// <summary>The nodes have new numbers; 0 = gone.</summary>
    public void Renumber(int[] moved, int newCapacity)
    {
        Links[] old = _links;
        _links = new Links[newCapacity];
        for (int from = 1; from < moved.Length; from++)
        {
            if (moved[from] != 0)
            {
                _links[moved[from]] = new Links
                {
                    FirstChild = moved[old[from].FirstChild],
                    Next = moved[old[from].Next],
                    Previous = moved[old[from].Previous],
                };
            }
        }
    }
}

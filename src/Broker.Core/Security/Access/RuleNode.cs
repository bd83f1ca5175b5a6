using Broker.Core.Primitives;

namespace Broker.Core.Security.Access;

/// <summary>One level of a <see cref="RuleTree"/>.</summary>
internal sealed class RuleNode
{
    // Up to so many children are compared one after the other, which is faster than hashing.
    private const int ComparedChildren = 4;

    private readonly List<(byte[] Level, int Node)> _children = [];
    private Dictionary<byte[], int>? _index;

    /// <summary>The rules whose filters end here.</summary>
    public CompiledRule[] Rules { get; set; } = [];

    /// <summary>The rules whose filters go on with #: they are about this level, too.</summary>
    public CompiledRule[] HashRules { get; set; } = [];

    /// <summary>The child for +, or 0.</summary>
    public int Plus { get; set; }

    /// <summary>The child for each variable, or 0; null if there is none.</summary>
    public int[]? Variables { get; set; }

    /// <summary>The child for a level that is neither wildcard nor variable, or 0.</summary>
    public int Find(ReadOnlySpan<byte> level)
    {
        if (_index is not null) return _index.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(level, out int found) ? found : 0;
        foreach ((byte[] own, int node) in _children)
        {
            if (level.SequenceEqual(own)) return node;
        }

        return 0;
    }

    /// <summary>Adds a child for a level that has none.</summary>
    public void Add(byte[] level, int node)
    {
        _children.Add((level, node));
        if (_children.Count > ComparedChildren) _index ??= _children.ToDictionary(child => child.Level, child => child.Node, Utf8Comparer.Instance);
        if (_index is not null) _index[level] = node;
    }
}

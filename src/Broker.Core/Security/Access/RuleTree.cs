using Broker.Core.Topics;

namespace Broker.Core.Security.Access;

/// <summary>The rules of one role, found by topic.</summary>
/// <remarks>Immutable once built; any thread. A search visits the nodes that match so far, without recursion and without allocating.</remarks>
internal sealed class RuleTree
{
    private readonly List<RuleNode> _nodes = [new(), new()]; // 0 is nobody, 1 the root

    /// <summary>Builds it.</summary>
    /// <param name="rules">The rules.</param>
    public RuleTree(IEnumerable<CompiledRule> rules)
    {
        List<CompiledRule> denies = [];
        foreach (CompiledRule rule in rules)
        {
            Add(rule);
            if (rule.IsDeny) denies.Add(rule);
            Depth = Math.Max(Depth, rule.Levels.Length);
        }

        Denies = [.. denies];
    }

    /// <summary>The most levels of a filter.</summary>
    public int Depth { get; }

    /// <summary>The rules that deny.</summary>
    public CompiledRule[] Denies { get; }

    /// <summary>Considers every rule that matches a topic.</summary>
    /// <param name="topic">The topic's levels.</param>
    /// <param name="search">What is asked, and what was found.</param>
    /// <param name="onlyDenies">Whether rules that allow do not count.</param>
    public void Search(scoped TopicLevels topic, ref RuleSearch search, bool onlyDenies)
    {
        // Of each level on the way one branch is followed, the others wait: for +, for a name, and for the variables.
        Span<Branch> pending = stackalloc Branch[(topic.Count * (1 + AccessVariables.Count)) + 1];
        int count = 0;
        pending[count++] = new Branch(1, 0, onlyDenies);
        while (count > 0 && !search.IsOver)
        {
            Branch at = pending[--count];
            RuleNode node = _nodes[at.Node];
            bool isFirst = at.Depth == 0;
            if (node.HashRules.Length > 0 && !(isFirst && topic.IsReserved)) search.Consider(node.HashRules, at.OnlyDenies); // [MQTT-4.7.2-1]
            if (at.Depth == topic.Count)
            {
                search.Consider(node.Rules, at.OnlyDenies);
                continue;
            }

            bool isNamed = topic.TryGet(at.Depth, out ReadOnlySpan<byte> level);
            if (node.Plus != 0 && !(isFirst && topic.IsReserved)) pending[count++] = new Branch(node.Plus, at.Depth + 1, at.OnlyDenies);
            for (int i = 0; node.Variables is not null && i < AccessVariables.Count; i++)
            {
                int child = node.Variables[i];
                if (child == 0) continue;
                byte[]? value = search.Values[i];
                if (isFirst && value is not null && TopicName.IsReserved(value)) value = null;
                if (value is null) pending[count++] = new Branch(child, at.Depth + 1, OnlyDenies: true); // see AccessRule.Filter
                else if (isNamed && level.SequenceEqual(value)) pending[count++] = new Branch(child, at.Depth + 1, at.OnlyDenies);
            }

            if (isNamed && node.Find(level) is var named and not 0) pending[count++] = new Branch(named, at.Depth + 1, at.OnlyDenies);
        }
    }

    private void Add(CompiledRule rule)
    {
        RuleNode node = _nodes[1];
        for (int i = 0; i < rule.Levels.Length; i++)
        {
            byte[] level = rule.Levels[i];
            if (level is [TopicName.MultiLevelWildcard])
            {
                node.HashRules = [.. node.HashRules, rule];
                return;
            }

            node = _nodes[ChildOf(node, level, rule.Variables[i])];
        }

        node.Rules = [.. node.Rules, rule];
    }

    private int ChildOf(RuleNode node, byte[] level, int variable)
    {
        bool isPlus = level is [TopicName.SingleLevelWildcard];
        int child = isPlus ? node.Plus : variable >= 0 ? node.Variables?[variable] ?? 0 : node.Find(level);
        if (child != 0) return child;
        _nodes.Add(new RuleNode());
        child = _nodes.Count - 1;
        if (isPlus) node.Plus = child;
        else if (variable >= 0) (node.Variables ??= new int[AccessVariables.Count])[variable] = child;
        else node.Add(level, child);
        return child;
    }

    private readonly record struct Branch(int Node, int Depth, bool OnlyDenies);
}

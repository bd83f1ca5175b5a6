using System.Collections.Concurrent;

namespace Broker.Core.ChangeDetection;

/// <summary>The operator's rules.</summary>
/// <remarks>Threading: any thread.</remarks>
internal sealed class ChangeRules(IReadOnlyList<ChangeRule> rules)
{
    // What rules ask for together, by their numbers: topics that the same rules match share it.
    private readonly ConcurrentDictionary<string, ChangeCriteria> _combinations = new(StringComparer.Ordinal);

    /// <summary>All rules.</summary>
    public IReadOnlyList<ChangeRule> All { get; } = rules;

    /// <summary>Rules that take the place of these; those of the same name go on counting.</summary>
    public ChangeRules Replace(IReadOnlyList<ChangeRule> rules)
    {
        foreach (ChangeRule rule in rules)
        {
            if (All.FirstOrDefault(before => before.Name == rule.Name) is { } before) rule.Succeed(before);
        }

        return new ChangeRules(rules);
    }

    /// <summary>What the rules that match a topic ask for together; null if none matches.</summary>
    public ChangeCriteria? For(ReadOnlySpan<byte> topic)
    {
        List<int>? matching = null;
        for (int i = 0; i < All.Count; i++)
        {
            if (All[i].Matches(topic)) (matching ??= []).Add(i);
        }

        if (matching is null) return null;
        return _combinations.GetOrAdd(string.Join(',', matching), _ => Combine([.. matching.Select(i => All[i])]));
    }

    /// <summary>Several exact rules are as good as one.</summary>
    private static ChangeCriteria Combine(ChangeRule[] rules)
    {
        ChangeOptions[] parts = [.. rules.Select(r => r.Options)];
        return new ChangeCriteria(Array.TrueForAll(parts, p => p.IsExact) ? [ChangeOptions.Exact] : parts) { Rules = rules };
    }
}

namespace Broker.Core.ChangeDetection;

/// <summary>The operator's rules.</summary>
/// <remarks>Threading: immutable but for counters.</remarks>
internal sealed class ChangeRules(IReadOnlyList<ChangeRule> rules)
{
    /// <summary>All rules.</summary>
    public IReadOnlyList<ChangeRule> All { get; } = rules;

    /// <summary>What the rules that match a topic ask for together; null if none matches.</summary>
    public ChangeCriteria? For(ReadOnlySpan<byte> topic)
    {
        List<ChangeRule>? matching = null;
        foreach (ChangeRule rule in All)
        {
            if (rule.Matches(topic)) (matching ??= []).Add(rule);
        }

        return matching is null ? null : new ChangeCriteria([.. matching.Select(r => r.Options)]) { Rules = [.. matching] };
    }
}

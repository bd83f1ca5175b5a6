namespace Broker.Core.ChangeDetection;

/// <summary>The operator's rules.</summary>
/// <remarks>Threading: any thread; what topics with the same rules share is kept under the gate. Rules never change.</remarks>
internal sealed class ChangeRules(IReadOnlyList<ChangeRule> rules)
{
    private readonly Lock _gate = new();
    private readonly List<ChangeCriteria> _shared = [];

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

        if (matching is null) return null;
        lock (_gate)
        {
            if (_shared.Find(c => c.Rules.AsSpan().SequenceEqual([.. matching])) is { } known) return known;
            var criteria = new ChangeCriteria([.. matching.Select(r => r.Options)]) { Rules = [.. matching] };
            _shared.Add(criteria);
            return criteria;
        }
    }
}

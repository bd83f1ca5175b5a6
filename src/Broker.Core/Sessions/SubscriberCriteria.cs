using Broker.Core.ChangeDetection;

namespace Broker.Core.Sessions;

/// <summary>What counts as a change for one subscriber on a topic: what it asked for, together with what the rules for the topic ask for.</summary>
/// <remarks>Threading: none of its own; under the lock of the ledger's owner.</remarks>
internal sealed class SubscriberCriteria
{
    private Dictionary<ChangeCriteria, ChangeCriteria>? _combined;

    /// <summary>What the subscriber asked for; null if it asked for nothing, and only the rules count.</summary>
    public ChangeCriteria? Asked { get; private set; }

    /// <summary>Sets what the subscriber asks for.</summary>
    public void Change(ChangeCriteria? asked)
    {
        Asked = asked;
        _combined = null;
    }

    /// <summary>Whether it compares as all do who share the rules for a topic, so that the topic's own state answers for it.</summary>
    /// <param name="rules">The rules; null where there are none.</param>
    public bool SharesWith(ChangeCriteria? rules) =>
        rules is null or { IsShareable: true } && (Asked is null || (Asked.IsExact && rules is null or { ComparesBytes: true }));

    /// <summary>What counts on a topic.</summary>
    /// <param name="rules">The rules for it; null where there are none.</param>
    /// <param name="isShared">See <see cref="SharesWith"/>.</param>
    public ChangeCriteria For(ChangeCriteria? rules, out bool isShared)
    {
        isShared = SharesWith(rules);
        if (isShared) return rules ?? ChangeCriteria.Exact;
        if (Asked is null) return rules!; // it shares where there are none
        if (rules is null) return Asked;
        _combined ??= [];
        if (_combined.TryGetValue(rules, out ChangeCriteria? known)) return known;
        return _combined[rules] = new ChangeCriteria([.. rules.Parts, .. Asked.Parts]);
    }
}

namespace Broker.Core.Security.Access;

/// <summary>Decides by <see cref="AccessRules"/>, which can be replaced while the broker runs.</summary>
/// <remarks>Threading: any thread. Every decision is made by the rules of one moment, and by the new ones as soon as they are set.</remarks>
public sealed class AccessRulesAuthorizer : IAuthorizer
{
    private AccessRules _rules;

    /// <summary>Decides by these rules.</summary>
    public AccessRulesAuthorizer(AccessRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        _rules = rules;
    }

    /// <summary>The rules. Whoever replaces them then calls <see cref="MqttBroker.RightsChanged"/>.</summary>
    public AccessRules Rules
    {
        get => Volatile.Read(ref _rules);
        set => Volatile.Write(ref _rules, value);
    }

    /// <inheritdoc/>
    public bool IsAllowed(in AccessRequest request) => Rules.IsAllowed(request);
}

using Broker.Core;
using Broker.Core.Security.Access;
using Broker.Host.Configuration;
using Broker.Host.Reloading;

namespace Broker.Host.Access;

/// <summary>Puts changed access rules in the place of those that are in force: every decision after that is made by the new ones.</summary>
/// <param name="started">The rules that the broker started with.</param>
/// <param name="authorizer">Decides by them.</param>
/// <param name="broker">Is told.</param>
internal sealed class AccessRuleReload(LoadedAccessRules started, AccessRulesAuthorizer authorizer, MqttBroker broker) : IReloadable
{
    private LoadedAccessRules _current = started;

    /// <inheritdoc/>
    public string Name => "access rules";

    /// <inheritdoc/>
    public IReadOnlyList<string> Files => [_current.Path];

    /// <inheritdoc/>
    public ReloadPlan Prepare(HostConfiguration next)
    {
        if (next.AccessRules is not { } rules) return new ReloadPlan { AtNextStart = ["Broker:Acl:Path"] }; // what is in force stays
        if (rules.Digest == _current.Digest) return ReloadPlan.Unchanged;
        return ReloadPlan.Change($"{rules.Rules.RuleCount} rules of {rules.Path} ({rules.Digest}) instead of {_current.Rules.RuleCount} ({_current.Digest})", () =>
        {
            _current = rules;
            authorizer.Rules = rules.Rules;
            broker.RightsChanged();
        });
    }
}

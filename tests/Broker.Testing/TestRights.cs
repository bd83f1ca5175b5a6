using Broker.Core.Security;
using Broker.Core.Security.Access;

namespace Broker.Testing;

/// <summary>
/// Access rules that a test changes while the broker runs, written as <c>allow subscribe,receive a/#</c>, for one client as
/// <c>client: deny publish a/#</c>. A client's name is its client identifier.
/// </summary>
public sealed class TestRights : IAuthenticator
{
    public TestRights(params string[] rules)
    {
        Authorizer = new AccessRulesAuthorizer(Parse(rules));
    }

    public AccessRulesAuthorizer Authorizer { get; }

    /// <summary>A broker that goes by them.</summary>
    public TestBroker Broker(Core.Limits.BrokerLimits? limits = null, TimeSpan? sysInterval = null) =>
        new(limits, parts => parts with { Authorizer = Authorizer, Authenticator = this }, sysInterval);

    /// <summary>From now on these are the rules.</summary>
    public void Change(TestBroker broker, params string[] rules)
    {
        Authorizer.Rules = Parse(rules);
        broker.Broker.RightsChanged();
        broker.Settle();
    }

    public static AccessRules Parse(params string[] rules) => new([.. rules.Select(Parse)]);

    public ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken) =>
        new(AuthenticationResult.Accept(new Principal("test", request.ClientId)));

    private static AccessGrant Parse(string text)
    {
        int colon = text.IndexOf(": ", StringComparison.Ordinal);
        string[] words = text[(colon < 0 ? 0 : colon + 2)..].Split(' ');
        AccessEffect effect = Enum.Parse<AccessEffect>(words[0], ignoreCase: true);
        AccessActions actions = words[1] == "*" ? AccessActions.All : Enum.Parse<AccessActions>(words[1], ignoreCase: true);
        var conditions = new AccessConditions();
        string? group = null;
        foreach (string condition in words[3..])
        {
            if (condition.StartsWith("qos<=", StringComparison.Ordinal)) conditions = conditions with { MostQos = (Core.Protocol.QualityOfService)(condition[^1] - '0') };
            else if (condition.StartsWith("retain=", StringComparison.Ordinal)) conditions = conditions with { Retain = condition == "retain=yes" };
            else group = condition;
        }

        var rule = new AccessRule(effect, actions, words[2], text) { Conditions = conditions, ShareName = group };
        return new AccessGrant(colon < 0 ? AccessWho.Everyone : AccessWho.User, colon < 0 ? "" : text[..colon], [new AccessRole("test", [rule])]);
    }
}

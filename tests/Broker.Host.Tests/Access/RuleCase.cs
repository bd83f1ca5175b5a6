using System.Net;
using System.Text;
using Broker.Core.Connections;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Security.Access;
using Broker.Host.Access;
using Broker.Host.Configuration;

namespace Broker.Host.Tests.Access;

/// <summary>Access rules as text, and questions to them.</summary>
internal static class RuleCase
{
    /// <summary>Rules that have no fault.</summary>
    public static AccessRules Read(string text)
    {
        List<ConfigurationFault> faults = [];
        AccessRules rules = new AccessRuleReader("acl", null, faults).Read(text);
        Assert.Empty(faults);
        return rules;
    }

    /// <summary>What is wrong with rules.</summary>
    public static string[] FaultsOf(string text, params string[] listeners)
    {
        List<ConfigurationFault> faults = [];
        new AccessRuleReader("acl", listeners.Length == 0 ? null : listeners, faults).Read(text);
        return [.. faults.Select(fault => fault.ToString())];
    }

    public static AccessSubject User(string name, string clientId = "c", string listener = "Mqtt", string? address = "192.0.2.1", bool tls = false, string method = "password") =>
        new(new Principal(method, name), clientId, Connection(listener, address, tls));

    public static AccessSubject Anonymous(string clientId = "c", string listener = "Mqtt", string? address = "192.0.2.1") =>
        new(Principal.Anonymous, clientId, Connection(listener, address, tls: false));

    public static bool Allows(
        this AccessRules rules, AccessSubject subject, AccessAction action, string topic, int qos = 0, bool retain = false, string share = "") =>
        rules.Explain(subject, action, topic, qos, retain, share).IsAllowed;

    /// <summary>Asks twice for the decision and once for the explanation: all have to say the same.</summary>
    public static AccessDecision Explain(
        this AccessRules rules, AccessSubject subject, AccessAction action, string topic, int qos = 0, bool retain = false, string share = "")
    {
        var request = new AccessRequest
        {
            Subject = subject,
            Action = action,
            Topic = Encoding.UTF8.GetBytes(topic),
            ShareName = Encoding.UTF8.GetBytes(share),
            Qos = (QualityOfService)qos,
            Retain = retain,
        };
        AccessDecision decision = rules.Explain(request);
        Assert.Equal(decision.IsAllowed, rules.IsAllowed(request));
        Assert.Equal(decision.IsAllowed, rules.IsAllowed(request));
        return decision;
    }

    private static ConnectionInfo Connection(string listener, string? address, bool tls) =>
        new(listener, tls ? TransportKind.Tls : TransportKind.Tcp, address is null ? null : new IPEndPoint(IPAddress.Parse(address), 1));
}

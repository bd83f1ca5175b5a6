using System.Globalization;
using System.Net;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Security.Access;

namespace Broker.Host.Access;

/// <summary>
/// What changes for whom between two sets of rules. Every principal that either of them names is asked about topics made from every filter
/// of both, over every kind of connection that a condition tells apart. <c>any</c> stands for a level that no rule names.
/// </summary>
internal sealed class AccessDiff
{
    private const string Any = "any";

    private readonly AccessRules _old;
    private readonly AccessRules _new;
    private readonly AccessRule[] _rules;
    private readonly AccessConditions[] _conditions;

    /// <summary>Compares two sets of rules.</summary>
    public AccessDiff(AccessRules old, AccessRules @new)
    {
        (_old, _new) = (old, @new);
        AccessGrant[] grants = [.. old.Grants, .. @new.Grants];
        _rules = [.. grants.SelectMany(grant => grant.Roles).Distinct().SelectMany(role => role.Rules)];
        _conditions = [.. grants.Select(grant => grant.Conditions), .. _rules.Select(rule => rule.Conditions)];
    }

    /// <summary>The differences, one a line.</summary>
    public IEnumerable<string> Lines()
    {
        AccessQuestion[] contexts = [.. Contexts()];
        foreach ((string label, string? principal, string method) in Subjects())
        {
            AccessQuestion[] asked = [.. contexts.Select(context => context with { Principal = principal, Method = method, ClientId = principal ?? Any })];
            AccessSubject[] subjects = [.. asked.Select(question => question.Subject())];
            foreach ((string action, string topic) in Topics(principal ?? Any))
            {
                if (Compare(asked, subjects, action, topic) is { } change) yield return $"{change.Sign} {label}: {action} {topic}{change.Where} ({change.Why})";
            }
        }
    }

    private (char Sign, string Where, string Why)? Compare(AccessQuestion[] asked, AccessSubject[] subjects, string action, string topic)
    {
        AccessDecision? first = null;
        List<AccessQuestion> differing = [];
        int relevant = 0;
        for (int i = 0; i < asked.Length; i++)
        {
            AccessQuestion question = asked[i] with { Action = action, Topic = topic };
            if (question.Retain && action is "subscribe" or "share" or "retain") continue;
            relevant++;
            AccessDecision before = question.Ask(_old, subjects[i]);
            AccessDecision after = question.Ask(_new, subjects[i]);
            if (before.IsAllowed == after.IsAllowed || (first is not null && first.IsAllowed != after.IsAllowed)) continue;
            first ??= after;
            differing.Add(question);
        }

        if (first is null) return null;
        string where = differing.Count == relevant ? "" : $" [{string.Join(" | ", differing.Take(3).Select(Describe))}{(differing.Count > 3 ? " | ..." : "")}]";
        return (first.IsAllowed ? '+' : '-', where, AccessRuleText.Of(first));
    }

    private static string Describe(AccessQuestion question) => string.Create(
        CultureInfo.InvariantCulture, $"qos={question.Qos} retain={(question.Retain ? "yes" : "no")} listener={question.Listener} address={question.Address} tls={(question.Tls ? "yes" : "no")}");

    private IEnumerable<(string Label, string? Principal, string Method)> Subjects()
    {
        AccessGrant[] grants = [.. _old.Grants, .. _new.Grants];
        string[] methods = [.. grants.Select(grant => grant.Method).OfType<string>().Append("password").Distinct()];
        yield return ("anonymous", null, Principal.Anonymous.Method);
        foreach (string method in methods)
        {
            string by = method == "password" ? "" : $" (by {method})";
            yield return ($"any other user{by}", "?", method);
            foreach (string name in grants.Where(grant => grant.Who == AccessWho.User).Select(grant => grant.Name).Distinct().Order(StringComparer.Ordinal))
            {
                yield return ($"user {AccessToken.Quote(name)}{by}", name, method);
            }

            foreach (string name in grants.Where(grant => grant.Who == AccessWho.UsersThatBeginWith && grant.Name.Length > 0).Select(grant => grant.Name).Distinct().Order(StringComparer.Ordinal))
            {
                yield return ($"user {name}*{by}", name + "?", method);
            }
        }
    }

    private IEnumerable<AccessQuestion> Contexts()
    {
        string[] listeners = [.. _conditions.SelectMany(one => one.Listeners).Append("Mqtt").Distinct(StringComparer.OrdinalIgnoreCase)];
        IPAddress[] addresses = [.. _conditions.SelectMany(one => one.Addresses).Select(network => network.BaseAddress).Append(IPAddress.Loopback).Distinct()];
        bool[] tls = _conditions.Any(one => one.Tls is not null) ? [false, true] : [false];
        bool[] retain = _conditions.Any(one => one.Retain is not null) ? [false, true] : [false];
        int[] qos = _conditions.Any(one => one.LeastQos != QualityOfService.AtMostOnce || one.MostQos != QualityOfService.ExactlyOnce) ? [0, 1, 2] : [0];
        return from listener in listeners
               from address in addresses
               from encrypted in tls
               from retained in retain
               from level in qos
               select new AccessQuestion { Listener = listener, Address = address, Tls = encrypted, Retain = retained, Qos = level };
    }

    private IEnumerable<(string Action, string Topic)> Topics(string principal)
    {
        var seen = new HashSet<(string, string)>();
        foreach (AccessRule rule in _rules)
        {
            string filter = rule.Filter.Replace("{clientid}", principal, StringComparison.Ordinal).Replace("{principal}", principal, StringComparison.Ordinal).Replace("{listener}", "Mqtt", StringComparison.Ordinal);
            foreach (string action in (string[])["subscribe", "share"])
            {
                if (seen.Add((action, filter))) yield return (action, filter);
            }

            string plain = string.Join('/', filter.Split('/').Select(level => level == "+" ? Any : level));
            string head = plain.EndsWith("/#", StringComparison.Ordinal) ? plain[..^2] : "";
            string[] topics = plain == "#" ? [Any, $"{Any}/{Any}"] : head.Length > 0 ? [head, $"{head}/{Any}", $"{head}/{Any}/{Any}"] : [plain];
            foreach (string topic in topics)
            {
                foreach (string action in (string[])["publish", "retain", "will", "receive"])
                {
                    if (seen.Add((action, topic))) yield return (action, topic);
                }
            }
        }
    }
}

using Broker.Core.Connections;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Security.Access;

namespace Broker.Core.Tests.Security;

/// <summary>
/// The access rules by the letter of docs/security.md, and nothing else: no tree, no memory, strings instead of bytes. A subscription is
/// decided by trying every topic of a small world, in which one level (z) is named by no rule.
/// </summary>
internal static class AccessOracle
{
    private static readonly string[] _levels = ["a", "b", "q", "", "z", "$x"];

    /// <summary>All topics of up to four levels.</summary>
    public static string[] World { get; } = [.. Enumerable.Range(1, 4).SelectMany(Topics).Where(topic => topic.Length > 0)];

    public static bool Allows(IReadOnlyList<AccessGrant> grants, Question asked)
    {
        if (asked.Action != AccessAction.Subscribe) return AllowsTopic(grants, asked, asked.Topic);

        // "/#" is decided as if there were a topic without a name, which nobody can publish: that errs on the safe side.
        return World.Append("").Where(topic => Matches(asked.Topic, topic)).All(topic => AllowsTopic(grants, asked, topic));
    }

    /// <summary>Whether a filter matches a topic: MQTT 5.0 section 4.7.</summary>
    public static bool Matches(string filter, string topic) =>
        !(topic.StartsWith('$') && filter[..1] is "+" or "#") && Matches(filter.Split('/'), topic.Split('/'));

    private static bool AllowsTopic(IReadOnlyList<AccessGrant> grants, Question asked, string topic)
    {
        bool isAllowed = false;
        foreach (AccessGrant grant in grants)
        {
            bool? hasRoles = grant.Who == AccessWho.Everyone || (grant.Who == AccessWho.User && grant.Name == asked.User) ? Fulfils(grant.Conditions, asked) : false;
            foreach (AccessRule rule in grant.Roles.SelectMany(role => role.Rules))
            {
                bool isDeny = rule.Effect == AccessEffect.Deny;
                bool? applies = And(hasRoles, Fulfils(rule.Conditions, asked));
                if (!IsAbout(rule, asked) || applies == false || (applies is null && !isDeny)) continue;
                if (!RuleMatches(rule, asked, topic)) continue;
                if (isDeny) return false;
                isAllowed = true;
            }
        }

        return isAllowed;
    }

    /// <summary>publish covers retain and will; subscribe covers receive and share; the others cover themselves.</summary>
    private static bool IsAbout(AccessRule rule, Question asked)
    {
        bool inGroup = asked.Share.Length > 0 && (rule.ShareName is null || rule.ShareName == asked.Share);
        return asked.Action switch
        {
            AccessAction.Publish => Has(rule, AccessActions.Publish) || (asked.Retain && Has(rule, AccessActions.Retain)),
            AccessAction.Will => Has(rule, AccessActions.Publish) || Has(rule, AccessActions.Will) || (asked.Retain && Has(rule, AccessActions.Retain)),
            AccessAction.Subscribe => Has(rule, AccessActions.Subscribe) || (inGroup && Has(rule, AccessActions.Share)),
            _ => Has(rule, AccessActions.Subscribe) || Has(rule, AccessActions.Receive) || (inGroup && Has(rule, AccessActions.Share)),
        };
    }

    private static bool Has(AccessRule rule, AccessActions action) => (rule.Actions & action) != 0;

    private static bool? Fulfils(AccessConditions conditions, Question asked)
    {
        bool? tls = conditions.Tls is null ? true : asked.Tls is null ? null : conditions.Tls == asked.Tls;
        bool qos = (int)asked.Qos >= (int)conditions.LeastQos && (int)asked.Qos <= (int)conditions.MostQos;
        bool retain = conditions.Retain is null || conditions.Retain == asked.Retain;
        return And(qos && retain, tls);
    }

    private static bool? And(bool? a, bool? b) => a == false || b == false ? false : a is null || b is null ? null : true;

    private static bool RuleMatches(AccessRule rule, Question asked, string topic)
    {
        string[] levels = rule.Filter.Split('/');
        string[] names = topic.Split('/');
        bool isReserved = topic.StartsWith('$');
        for (int i = 0; i < levels.Length; i++)
        {
            if (levels[i] != "{clientid}") continue;
            bool hasValue = asked.ClientId.Length > 0 && !asked.ClientId.Any("/+#".Contains) && !(i == 0 && asked.ClientId.StartsWith('$'));
            if (!hasValue && rule.Effect == AccessEffect.Allow) return false;
            levels[i] = hasValue ? asked.ClientId : i < names.Length ? names[i] : "+"; // no value: whatever the level is
        }

        return !(isReserved && levels[0] is "+" or "#" && rule.Filter[0] != '{') && Matches(levels, names);
    }

    private static bool Matches(ReadOnlySpan<string> filter, ReadOnlySpan<string> topic)
    {
        if (filter.IsEmpty) return topic.IsEmpty;
        if (filter[0] == "#") return true;
        return !topic.IsEmpty && (filter[0] == "+" || filter[0] == topic[0]) && Matches(filter[1..], topic[1..]);
    }

    private static IEnumerable<string> Topics(int levels) =>
        levels == 1 ? _levels : Topics(levels - 1).SelectMany(head => _levels.Select(level => $"{head}/{level}"));

    /// <summary>A question in words.</summary>
    public sealed record Question(
        string User, string ClientId, bool? Tls, AccessAction Action, string Topic, string Share, QualityOfService Qos, bool Retain)
    {
        public AccessSubject Subject() => new(
            new Principal("test", User), ClientId, Tls is null ? null : new ConnectionInfo("Test", Tls == true ? TransportKind.Tls : TransportKind.Tcp, null));
    }
}

using System.Text;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Security.Access;
using CsCheck;
using Xunit;

namespace Broker.Core.Tests.Security;

/// <summary>The compiled rules against an enumeration that is written from their documentation.</summary>
public sealed class AccessOracleTests
{
    private const int Topics = 20_000;
    private const int Filters = 4_000;

    private static readonly Gen<string> _ruleLevel = Gen.OneOf("a", "b", "", "+", "{clientid}", "a", "+");
    private static readonly Gen<string> _filterLevel = Gen.OneOf("a", "b", "", "+", "z", "+");

    private static readonly Gen<AccessConditions> _conditions = Gen.Frequency(
        (4, Gen.Const(AccessConditions.None)),
        (1, Gen.Bool.Select(tls => new AccessConditions { Tls = tls })),
        (1, Gen.Bool.Select(retain => new AccessConditions { Retain = retain })),
        (1, Gen.Int[0, 2].Select(qos => new AccessConditions { LeastQos = (QualityOfService)qos })),
        (1, Gen.Int[0, 2].Select(qos => new AccessConditions { MostQos = (QualityOfService)qos })));

    private static readonly Gen<AccessRule> _rule = Gen.Select(
        Gen.OneOf(AccessEffect.Allow, AccessEffect.Allow, AccessEffect.Deny),
        Gen.Frequency((3, Gen.Const((int)AccessActions.All)), (5, Gen.Int[1, (int)AccessActions.All])),
        Paths(_ruleLevel, 3),
        Gen.OneOf<string?>(null, null, "g"),
        _conditions,
        (effect, actions, filter, share, conditions) => new AccessRule(effect, (AccessActions)actions, filter, "x") { ShareName = share, Conditions = conditions });

    private static readonly Gen<AccessGrant> _grant = Gen.Select(
        Gen.OneOf(AccessWho.Everyone, AccessWho.User), Gen.OneOf("u", "v"), _rule.Array[0, 4], Gen.Frequency((3, Gen.Const(AccessConditions.None)), (1, Gen.Bool.Select(tls => new AccessConditions { Tls = tls }))),
        (who, name, rules, conditions) => new AccessGrant(who, name, [new AccessRole("r", rules)]) { Conditions = conditions });

    [Fact]
    public void Decisions_on_topics_are_those_of_the_enumeration() =>
        Check(Gen.OneOf(AccessAction.Publish, AccessAction.Will, AccessAction.Receive), Gen.OneOf(AccessOracle.World), Topics);

    [Fact]
    public void Decisions_on_filters_are_those_of_the_enumeration() =>
        Check(Gen.Const(AccessAction.Subscribe), Paths(_filterLevel, 3), Filters);

    private static void Check(Gen<AccessAction> action, Gen<string> topic, int cases)
    {
        Gen<AccessOracle.Question> question = Gen.Select(
            Gen.OneOf("a", "b", "q", "", "x/y", "+", "$x"), Gen.OneOf<bool?>(true, false, null), action, topic, Gen.OneOf("", "", "g", "h"), Gen.Int[0, 2], Gen.Bool,
            (client, tls, asked, name, share, qos, retain) => new AccessOracle.Question(
                "u", client, tls, asked, name, asked is AccessAction.Publish or AccessAction.Will ? "" : share, (QualityOfService)qos, retain && asked != AccessAction.Subscribe));
        int allowed = 0;
        Gen.Select(_grant.Array[1, 4], question).Sample(
            (grants, asked) =>
            {
                bool expected = AccessOracle.Allows(grants, asked);
                if (expected) Interlocked.Increment(ref allowed);
                var rules = new AccessRules(grants);
                var request = new AccessRequest
                {
                    Subject = asked.Subject(),
                    Action = asked.Action,
                    Topic = Encoding.UTF8.GetBytes(asked.Topic),
                    ShareName = Encoding.UTF8.GetBytes(asked.Share),
                    Qos = asked.Qos,
                    Retain = asked.Retain,
                };
                bool first = rules.IsAllowed(request);
                bool remembered = rules.IsAllowed(request);
                return first == expected && remembered == expected && rules.Explain(request).IsAllowed == expected;
            },
            iter: cases,
            print: one => $"{one.Item2} by {string.Join("; ", one.Item1.SelectMany(grant => grant.Roles[0].Rules.Select(rule => $"{grant.Who} {grant.Name} {grant.Conditions}: {rule}")))}");
        Assert.InRange(allowed, cases / 50, cases); // the questions are not all of one kind
    }

    private static Gen<string> Paths(Gen<string> level, int most) =>
        Gen.Select(level.Array[1, most], Gen.Int[0, 9], (levels, kind) => kind switch
        {
            0 or 1 or 2 => string.Join('/', [.. levels, "#"]),
            3 => "#",
            4 => string.Join('/', ["$x", .. levels[1..]]),
            _ => string.Join('/', levels),
        }).Where(path => path.Length > 0);
}

using Broker.Core.Security;
using Broker.Core.Security.Access;

namespace Broker.Host.Tests.Access;

/// <summary>What the rules mean.</summary>
public sealed class LanguageTests
{
    [Fact]
    public void The_example_of_the_documentation_means_what_it_says()
    {
        AccessRules rules = RuleCase.Read("""
            # Sensors send up and are sent down; nobody administers by MQTT.
            role sensor
              allow publish   site/{principal}/up/#    qos<=1 retain=no
              allow subscribe site/{principal}/down/#
              deny  *         site/+/admin/#           # deny always wins

            user dev-17 roles=sensor
            anonymous listener=Local
              allow subscribe public/#
            """);
        AccessSubject device = RuleCase.User("dev-17");

        Assert.True(rules.Allows(device, AccessAction.Publish, "site/dev-17/up/temp", qos: 1));
        Assert.False(rules.Allows(device, AccessAction.Publish, "site/dev-17/up/temp", qos: 2));
        Assert.False(rules.Allows(device, AccessAction.Publish, "site/dev-17/up/temp", retain: true));
        Assert.False(rules.Allows(device, AccessAction.Publish, "site/dev-18/up/temp"));
        Assert.True(rules.Allows(device, AccessAction.Subscribe, "site/dev-17/down/#"));
        Assert.True(rules.Allows(device, AccessAction.Receive, "site/dev-17/down/x"));
        Assert.False(rules.Allows(device, AccessAction.Receive, "site/dev-17/up/x"));
        Assert.False(rules.Allows(RuleCase.User("other"), AccessAction.Publish, "site/other/up/temp"));
        Assert.True(rules.Allows(RuleCase.Anonymous(listener: "Local"), AccessAction.Subscribe, "public/#"));
        Assert.False(rules.Allows(RuleCase.Anonymous(listener: "Mqtt"), AccessAction.Subscribe, "public/#"));
    }

    [Theory]
    [InlineData("allow publish t\n  deny publish t")]
    [InlineData("deny publish t\n  allow publish t")]
    [InlineData("deny * #\n  allow publish t\n  allow publish t")]
    public void Deny_wins_in_whatever_order(string rules)
    {
        AccessDecision decision = RuleCase.Read($"user u\n  {rules}").Explain(RuleCase.User("u"), AccessAction.Publish, "t");

        Assert.False(decision.IsAllowed);
        Assert.Equal(AccessEffect.Deny, decision.Rule!.Effect);
    }

    [Fact]
    public void What_no_rule_allows_is_denied_by_none()
    {
        AccessDecision decision = RuleCase.Read("everyone\n allow publish t").Explain(RuleCase.User("u"), AccessAction.Publish, "other");

        Assert.Equal((false, null), (decision.IsAllowed, decision.Rule));
    }

    [Theory]
    [InlineData("publish", "publish,retained,will,retained will")]
    [InlineData("retain", "retained,retained will")]
    [InlineData("will", "will,retained will")]
    [InlineData("subscribe", "subscribe,share,receive,receive shared")]
    [InlineData("receive", "receive,receive shared")]
    [InlineData("share", "share,receive shared")]
    [InlineData("share(g)", "share,receive shared")]
    [InlineData("share(h)", "")]
    [InlineData("*", "publish,retained,will,retained will,subscribe,share,receive,receive shared")]
    [InlineData("will,share", "will,retained will,share,receive shared")]
    public void An_action_covers_the_ones_below_it(string actions, string covered)
    {
        AccessRules allowing = RuleCase.Read($"everyone\n allow {actions} t");
        AccessRules denying = RuleCase.Read($"everyone\n allow * t\n deny {actions} t");

        Assert.Equal(covered, string.Join(',', Granted(allowing)));
        string[] all = ["publish", "retained", "will", "retained will", "subscribe", "share", "receive", "receive shared"];
        Assert.Equal(all.Except(covered.Split(',')), Granted(denying));
    }

    [Theory]
    [InlineData("user alice", true, false, false, false)]
    [InlineData("user a*", true, true, false, false)]
    [InlineData("user *", true, true, true, false)]
    [InlineData("user \"a*\"", false, false, false, false)]
    [InlineData("anonymous", false, false, false, true)]
    [InlineData("everyone", true, true, true, true)]
    [InlineData("user alice method=jwt", false, false, false, false)]
    [InlineData("user * method=password", true, true, true, false)]
    public void Headings_say_who_is_meant(string heading, bool alice, bool anna, bool bob, bool anonymous)
    {
        AccessRules rules = RuleCase.Read($"{heading}\n allow publish t");

        Assert.Equal(alice, rules.Allows(RuleCase.User("alice"), AccessAction.Publish, "t"));
        Assert.Equal(anna, rules.Allows(RuleCase.User("anna"), AccessAction.Publish, "t"));
        Assert.Equal(bob, rules.Allows(RuleCase.User("bob"), AccessAction.Publish, "t"));
        Assert.Equal(anonymous, rules.Allows(RuleCase.Anonymous(), AccessAction.Publish, "t"));
    }

    [Fact]
    public void Everything_that_applies_to_somebody_applies_together()
    {
        AccessRules rules = RuleCase.Read("""
            role reader
              allow subscribe a/#
            role writer
              allow publish a/#
            user u roles=reader,writer
              allow publish own
            user u
              allow publish more
            everyone
              deny * a/secret
            """);
        AccessSubject u = RuleCase.User("u");

        Assert.True(rules.Allows(u, AccessAction.Receive, "a/b"));
        Assert.True(rules.Allows(u, AccessAction.Publish, "a/b"));
        Assert.True(rules.Allows(u, AccessAction.Publish, "own"));
        Assert.True(rules.Allows(u, AccessAction.Publish, "more"));
        Assert.False(rules.Allows(u, AccessAction.Publish, "a/secret"));
    }

    [Theory]
    [InlineData("address=192.0.2.0/24", "192.0.2.7", true)]
    [InlineData("address=192.0.2.0/24", "192.0.3.7", false)]
    [InlineData("address=192.0.3.7,fd00::/8", "192.0.3.7", true)]
    [InlineData("address=192.0.3.7,fd00::/8", "fd12::1", true)]
    [InlineData("address=192.0.2.0/24", "::ffff:192.0.2.7", true)]
    [InlineData("address=192.0.2.0/24", null, null)]
    [InlineData("listener=mqtt", "192.0.2.7", true)]
    [InlineData("listener=Other,Mqtt", "192.0.2.7", true)]
    [InlineData("listener=Other", "192.0.2.7", false)]
    [InlineData("tls=no", "192.0.2.7", true)]
    [InlineData("tls=yes", "192.0.2.7", false)]
    public void Conditions_on_the_connection_hold_for_rules_and_for_headings(string condition, string? address, bool? applies)
    {
        AccessSubject subject = RuleCase.User("u", address: address);

        Assert.Equal(applies == true, RuleCase.Read($"user u\n allow publish t {condition}").Allows(subject, AccessAction.Publish, "t"));
        Assert.Equal(applies == true, RuleCase.Read($"user u {condition}\n allow publish t").Allows(subject, AccessAction.Publish, "t"));
        Assert.Equal(applies == false, RuleCase.Read($"user u\n allow publish t\n deny publish t {condition}").Allows(subject, AccessAction.Publish, "t"));
        Assert.Equal(applies == false, RuleCase.Read($"user u {condition}\n deny publish t\nuser u\n allow publish t").Allows(subject, AccessAction.Publish, "t"));
    }

    [Theory]
    [InlineData("qos=1", false, true, false)]
    [InlineData("qos<=1", true, true, false)]
    [InlineData("qos>=1", false, true, true)]
    public void A_condition_on_QoS_counts(string condition, bool zero, bool one, bool two)
    {
        AccessRules rules = RuleCase.Read($"everyone\n allow publish t {condition}");

        Assert.Equal([zero, one, two], Enumerable.Range(0, 3).Select(qos => rules.Allows(RuleCase.User("u"), AccessAction.Publish, "t", qos)));
    }

    [Theory]
    [InlineData("dev", true)]
    [InlineData("", false)]
    [InlineData("a/b", false)]
    [InlineData("+", false)]
    [InlineData("#", false)]
    [InlineData("a#", false)]
    public void A_variable_fills_one_level_or_allows_nothing_and_denies_everything(string clientId, bool isLevel)
    {
        AccessSubject subject = RuleCase.User("u", clientId);
        AccessRules allowing = RuleCase.Read("everyone\n allow * d/{clientid}/#");
        AccessRules denying = RuleCase.Read("everyone\n allow * #\n deny * d/{clientid}/#");

        Assert.Equal(isLevel, allowing.Allows(subject, AccessAction.Publish, $"d/{clientId}/x") && clientId.Length > 0);
        Assert.False(allowing.Allows(subject, AccessAction.Publish, "d/other/x"));
        Assert.False(allowing.Allows(subject, AccessAction.Subscribe, "d/+/x"));
        Assert.Equal(isLevel, denying.Allows(subject, AccessAction.Publish, "d/other/x"));
        Assert.True(denying.Allows(subject, AccessAction.Publish, "e/other/x"));
        Assert.Equal(isLevel, denying.Allows(subject, AccessAction.Subscribe, "d/other/#"));
    }

    [Fact]
    public void A_variable_at_the_first_level_never_opens_the_brokers_own_topics()
    {
        AccessRules rules = RuleCase.Read("everyone\n allow * {clientid}/#");

        Assert.False(rules.Allows(RuleCase.User("u", "$SYS"), AccessAction.Receive, "$SYS/broker"));
        Assert.False(rules.Allows(RuleCase.User("u", "$SYS"), AccessAction.Subscribe, "$SYS/#"));
        Assert.True(rules.Allows(RuleCase.User("u", "dev"), AccessAction.Subscribe, "dev/#"));
    }

    [Theory]
    [InlineData("#", "$SYS/x", false)]
    [InlineData("+/x", "$SYS/x", false)]
    [InlineData("$SYS/#", "$SYS/x", true)]
    [InlineData("$SYS/+", "$SYS/x", true)]
    [InlineData("#", "a//b", true)]
    [InlineData("a/+/b", "a//b", true)]
    [InlineData("a/#", "a", true)]
    [InlineData("a/+", "a", false)]
    public void Filters_match_topics_as_subscriptions_do(string filter, string topic, bool matches) =>
        Assert.Equal(matches, RuleCase.Read($"everyone\n allow receive {filter}").Allows(RuleCase.User("u"), AccessAction.Receive, topic));

    [Theory]
    [InlineData("a/+", "allow subscribe a/#", true)]
    [InlineData("a/#", "allow subscribe a/+", false)]
    [InlineData("a/#", "allow subscribe a\n allow subscribe a/+\n allow subscribe a/+/#", true)]
    [InlineData("a/#", "allow subscribe a\n allow subscribe a/+/#", true)]
    [InlineData("a/#", "allow subscribe a/+/#", false)]
    [InlineData("#", "allow subscribe +\n allow subscribe +/+/#", true)]
    [InlineData("+/b", "allow subscribe a/b\n allow subscribe c/b", false)]
    [InlineData("a/+", "allow subscribe #\n deny receive a/secret", true)]
    [InlineData("a/+", "allow subscribe #\n deny subscribe a/secret", false)]
    [InlineData("a/+/c", "allow subscribe #\n deny subscribe +/secret/#", false)]
    [InlineData("a/b", "allow subscribe #\n deny subscribe a/b/+", true)]
    [InlineData("a/b", "allow subscribe #\n deny subscribe a/b/#", false)]
    [InlineData("#", "allow subscribe #\n deny subscribe $SYS/#", true)]
    [InlineData("$SYS/#", "allow subscribe #\n allow subscribe +/#", false)]
    public void A_subscription_needs_all_of_its_topics(string filter, string rules, bool isAllowed) =>
        Assert.Equal(isAllowed, RuleCase.Read($"everyone\n {rules}").Allows(RuleCase.User("u"), AccessAction.Subscribe, filter));

    [Fact]
    public void The_first_rule_of_the_file_that_decides_is_named()
    {
        AccessRules rules = RuleCase.Read("everyone\n allow publish #\n allow publish t\n deny publish t qos=2\n deny publish # qos=2");

        Assert.Equal("acl:2", rules.Explain(RuleCase.User("u"), AccessAction.Publish, "t").Rule!.Origin);
        Assert.Equal("acl:4", rules.Explain(RuleCase.User("u"), AccessAction.Publish, "t", qos: 2).Rule!.Origin);
    }

    [Fact]
    public void A_topic_is_named_that_keeps_a_subscription_from_being_allowed()
    {
        AccessRules rules = RuleCase.Read("everyone\n allow subscribe a\n allow subscribe a/+");

        Assert.Equal("a/?/?", rules.Explain(RuleCase.User("u"), AccessAction.Subscribe, "a/#").Uncovered);
    }

    [Fact]
    public void Decisions_are_right_for_more_topics_than_are_remembered()
    {
        AccessRules rules = RuleCase.Read("everyone\n allow publish t/+/even\n allow publish t/1/#");
        AccessSubject subject = RuleCase.User("u");
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 500; i++)
            {
                Assert.True(rules.Allows(subject, AccessAction.Publish, $"t/{i}/even"));
                Assert.Equal(i == 1, rules.Allows(subject, AccessAction.Publish, $"t/{i}/odd"));
            }
        }
    }

    private static IEnumerable<string> Granted(AccessRules rules)
    {
        AccessSubject u = RuleCase.User("u");
        (string Name, AccessAction Action, bool Retain, string Share)[] all =
        [
            ("publish", AccessAction.Publish, false, ""), ("retained", AccessAction.Publish, true, ""), ("will", AccessAction.Will, false, ""),
            ("retained will", AccessAction.Will, true, ""), ("subscribe", AccessAction.Subscribe, false, ""), ("share", AccessAction.Subscribe, false, "g"),
            ("receive", AccessAction.Receive, false, ""), ("receive shared", AccessAction.Receive, false, "g"),
        ];
        return all.Where(one => rules.Allows(u, one.Action, "t", retain: one.Retain, share: one.Share)).Select(one => one.Name);
    }
}

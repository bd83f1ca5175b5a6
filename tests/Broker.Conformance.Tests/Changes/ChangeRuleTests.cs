using System.Text;
using Broker.Core.ChangeDetection;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Changes;

/// <summary>Topics that the operator made change-only for all subscribers.</summary>
public sealed class ChangeRuleTests
{
    [Fact]
    public void A_rule_makes_its_topics_change_only_for_ordinary_subscribers()
    {
        using TestBroker broker = Rules(Rule("plant", "plant/#", ChangeOptions.Exact));
        var subscriber = Subscriber.Connect(broker, "subscriber", ProtocolVersion.V311);
        subscriber.Client.Subscribe("#");
        TestClient publisher = broker.Connect("publisher");

        publisher.PublishAll("plant/a", "1", "1", "2", "2");
        publisher.PublishAll("office/a", "1", "1");

        Assert.Equal(["plant/a=1", "plant/a=2", "office/a=1", "office/a=1"], subscriber.Received());
    }

    [Fact]
    public void A_new_ordinary_subscriber_gets_the_value_of_a_ruled_topic_first()
    {
        using TestBroker broker = Rules(Rule("plant", "plant/#", ChangeOptions.Exact));
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishAll("plant/a", "1");
        publisher.PublishAll("office/a", "1");

        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("#");

        Assert.Equal(["plant/a=1"], subscriber.Received());
    }

    [Fact]
    public void A_rules_deadband_and_a_subscribers_compose()
    {
        using TestBroker broker = Rules(Rule("t", "t", new ChangeOptions { Deadband = new Deadband(1, false) }));
        var ordinary = Subscriber.Connect(broker, "ordinary");
        ordinary.Client.Subscribe("t");
        var strict = Subscriber.Connect(broker, "strict");
        strict.Client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, new Properties().User("deadband", "5"), new SubscribeFilter("$changes/t")));
        strict.Client.Expect<ServerPacket.SubAck>();
        TestClient publisher = broker.Connect("publisher");

        publisher.PublishAll("t", "10", "10.5", "12", "16", "16.5");

        Assert.Equal(["t=10", "t=12", "t=16"], ordinary.Received());
        Assert.Equal(["t=10", "t=16"], strict.Received());
    }

    [Fact]
    public void Of_several_rules_a_value_has_to_pass_all()
    {
        using TestBroker broker = Rules(
            Rule("narrow", "t/#", new ChangeOptions { Deadband = new Deadband(1, false) }),
            Rule("wide", "t/a", new ChangeOptions { Deadband = new Deadband(3, false) }));
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("t/#");
        TestClient publisher = broker.Connect("publisher");

        publisher.PublishAll("t/a", "0", "2", "4");
        publisher.PublishAll("t/b", "0", "2");

        Assert.Equal(["t/a=0", "t/a=4", "t/b=0", "t/b=2"], subscriber.Received());
    }

    [Fact]
    public void A_rules_minimum_interval_sends_the_newest_value_when_it_ends()
    {
        using TestBroker broker = Rules(Rule("t", "t", new ChangeOptions { MinInterval = TimeSpan.FromSeconds(5) }));
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("t");
        TestClient publisher = broker.Connect("publisher");

        publisher.PublishAll("t", "1", "2", "3");
        Assert.Equal(["t=1"], subscriber.Received());
        broker.Advance(TimeSpan.FromSeconds(5.2));

        Assert.Equal(["t=3"], subscriber.Received());
    }

    [Fact]
    public void A_rules_maximum_silence_repeats_an_unchanged_value()
    {
        using TestBroker broker = Rules(Rule("t", "t", new ChangeOptions { MaxSilence = TimeSpan.FromSeconds(30) }));
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("t");
        TestClient publisher = broker.Connect("publisher");

        publisher.PublishAll("t", "1", "1");
        broker.Advance(TimeSpan.FromSeconds(31));
        publisher.PublishAll("t", "1", "1");

        Assert.Equal(["t=1", "t=1"], subscriber.Received());
    }

    [Fact]
    public void Counters_say_by_rule_and_in_all_what_was_saved()
    {
        ChangeRule rule = Rule("plant", "plant/#", ChangeOptions.Exact);
        using TestBroker broker = Rules(rule);
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("plant/#");
        TestClient publisher = broker.Connect("publisher");

        for (int i = 0; i < 100; i++) publisher.PublishAll("plant/a", $"{i / 10}");

        Assert.Equal(10, subscriber.Received().Count);
        Assert.Equal((100, 10, 90), (rule.Counters.Received, rule.Counters.Sent, rule.Counters.Suppressed));
        Assert.Equal((10, 90), (broker.Broker.Context.Metrics.Changes.Sent, broker.Broker.Context.Metrics.Changes.Suppressed));
        Assert.Equal(90 * (2 + "plant/a".Length + 1), rule.Counters.BytesSaved);
    }

    [Fact]
    public void SYS_says_by_rule_what_was_saved_unless_its_name_is_no_level()
    {
        ChangeRule[] rules = [Rule("plant", "plant/#", ChangeOptions.Exact), Rule("every/#", "plant/#", ChangeOptions.Exact)];
        using var broker = new TestBroker(sysInterval: TimeSpan.FromSeconds(1), changeRules: rules);
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("plant/#");
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishAll("plant/a", "1", "1", "1", "2");
        broker.Advance(TimeSpan.FromSeconds(2));
        subscriber.Received();

        subscriber.Client.Subscribe("$SYS/broker/changes/rules/#");

        string[] expected = ["received=4", "sent=2", "suppressed=2", "conflated=0", $"bytes saved={2 * (2 + "plant/a".Length + 1)}"];
        Assert.Equal(expected.Select(text => $"$SYS/broker/changes/rules/plant/{text}").Order(), subscriber.Received().Order());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void What_is_sent_as_a_change_and_what_is_not_leave_in_the_order_they_came(int qos)
    {
        using TestBroker broker = Rules(Rule("plant", "plant/#", ChangeOptions.Exact));
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("#", (QualityOfService)qos);
        TestClient publisher = broker.Connect("publisher");

        publisher.PublishTogether(qos, ("office/a", "1"), ("plant/a", "1"), ("office/a", "2"), ("plant/a", "2"), ("plant/b", "1"), ("office/a", "3"));

        Assert.Equal(["office/a=1", "plant/a=1", "office/a=2", "plant/a=2", "plant/b=1", "office/a=3"], subscriber.Received());
    }

    [Fact]
    public void A_stalled_ordinary_subscriber_of_a_ruled_topic_gets_its_last_value_only()
    {
        using TestBroker broker = Rules(Rule("t", "t/#", ChangeOptions.Exact));
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("t/#");
        TestClient publisher = broker.Connect("publisher");
        subscriber.Client.Stall();
        publisher.PublishAll("t/a", "first");

        for (int i = 0; i < 100; i++) publisher.PublishAll("t/b", $"{i}");
        subscriber.Client.Unstall();

        Assert.Equal(["t/a=first", "t/b=99"], subscriber.Received());
    }

    private static TestBroker Rules(params ChangeRule[] rules) => new(changeRules: rules);

    private static ChangeRule Rule(string name, string filter, ChangeOptions options) => new(name, Encoding.UTF8.GetBytes(filter), options);
}

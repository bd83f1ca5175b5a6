using Broker.Conformance.Tests.Subscribe;
using Broker.Core.ChangeDetection;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Changes;

/// <summary>Other change-only rules take the place of those in force, under topics and subscribers that are there.</summary>
public sealed class ChangeRuleReloadTests
{
    [Fact]
    public void A_new_rule_lets_the_next_value_pass_and_then_only_changes()
    {
        using var broker = new TestBroker();
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("#");
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishAll("t", "1", "1");

        Assert.Equal(1, broker.Broker.Use([Steps.Rule("t")]));
        publisher.PublishAll("t", "1", "1", "2", "2");
        publisher.PublishAll("new", "1", "1");

        Assert.Equal(["t=1", "t=1", "t=1", "t=2", "new=1", "new=1"], subscriber.Received());
    }

    [Fact]
    public void A_rule_that_is_taken_away_lets_everything_pass()
    {
        using var broker = new TestBroker(changeRules: [Steps.Rule("t")]);
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("#");
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishAll("t", "1", "1");

        broker.Broker.Use([]);
        publisher.PublishAll("t", "1", "1");

        Assert.Equal(["t=1", "t=1", "t=1"], subscriber.Received());
    }

    [Fact]
    public void Another_deadband_compares_with_the_next_value()
    {
        using var broker = new TestBroker(changeRules: [Steps.Rule("t", Steps.Band(1))]);
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("t");
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishAll("t", "10", "10.5");

        broker.Broker.Use([Steps.Rule("t", Steps.Band(5))]);
        publisher.PublishAll("t", "12", "16", "18");

        Assert.Equal(["t=10", "t=12", "t=18"], subscriber.Received());
    }

    [Fact]
    public void A_subscriber_with_options_of_its_own_composes_with_the_new_rules()
    {
        using var broker = new TestBroker(changeRules: [Steps.Rule("t", Steps.At("/a", "/b"))]);
        var strict = Subscriber.Connect(broker, "strict");
        strict.Client.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, new Properties().User("deadband", "5"), new SubscribeFilter("$changes/t")));
        strict.Client.Expect<ServerPacket.SubAck>();
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishAll("t", "10");

        broker.Broker.Use([Steps.Rule("t", Steps.Band(1))]);
        publisher.PublishAll("t", "11", "12", "17");
        broker.Broker.Use([]);
        publisher.PublishAll("t", "17", "18", "23");

        Assert.Equal(["t=10", "t=11", "t=17", "t=17", "t=23"], strict.Received());
    }

    [Fact]
    public void Rules_that_stay_the_same_change_nothing()
    {
        using var broker = new TestBroker(changeRules: [Steps.Rule("t", Steps.Band(1))]);
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("#");
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishAll("t", "10");

        Assert.Equal(0, broker.Broker.Use([Steps.Rule("t", Steps.Band(1)), Steps.Rule("other", name: "other")]));
        publisher.PublishAll("t", "10.5", "12");

        Assert.Equal(["t=10", "t=12"], subscriber.Received());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_value_that_an_interval_held_back_goes_out_when_its_rule_changes(bool isRemoved)
    {
        using var broker = new TestBroker(changeRules: [Steps.Rule("t", new ChangeOptions { MinInterval = TimeSpan.FromSeconds(60) })]);
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("t");
        var member = Subscriber.Connect(broker, "member");
        member.Client.Subscribe("$share/g/t");
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishAll("t", "1", "2");
        Assert.Equal(["t=1"], subscriber.Received());
        Assert.Equal(["t=1"], member.Received());

        broker.Broker.Use(isRemoved ? [] : [Steps.Rule("t")]);
        publisher.PublishAll("t", "3");
        broker.Advance(TimeSpan.FromSeconds(61));

        Assert.Equal(["t=2", "t=3"], subscriber.Received());
        Assert.Equal(["t=2", "t=3"], member.Received());
    }

    [Fact]
    public void What_waits_for_a_client_that_does_not_read_is_sent_in_order()
    {
        using var broker = new TestBroker(changeRules: [Steps.Rule("t")]);
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.SubscribeTo("#", 1);
        TestClient publisher = broker.Connect("publisher");
        subscriber.Client.Stall();
        publisher.Publish("t", "1", 1);
        publisher.Publish("t", "2", 1);

        broker.Broker.Use([]);
        publisher.Publish("t", "3", 1);
        publisher.Publish("t", "3", 1);
        broker.Broker.Use([Steps.Rule("t")]);
        publisher.Publish("t", "3", 1);
        publisher.Publish("t", "4", 1);
        subscriber.Client.Unstall();

        List<string> received = subscriber.Received();
        Assert.Equal("t=4", received[^1]);
        Assert.Equal(received.Order(StringComparer.Ordinal), received); // conflated or not, nothing old comes after something newer
        Assert.True(received.Count(one => one == "t=3") >= 2, "without a rule, every publication is sent");
    }

    [Fact]
    public void A_new_rule_is_for_dollar_topics_too()
    {
        using var broker = new TestBroker();
        var subscriber = Subscriber.Connect(broker, "subscriber");
        subscriber.Client.Subscribe("$plant/#");
        TestClient publisher = broker.Connect("publisher");
        publisher.PublishAll("$plant/a", "1", "1");

        broker.Broker.Use([Steps.Rule("$plant/+")]);
        publisher.PublishAll("$plant/a", "1", "1");

        Assert.Equal(["$plant/a=1", "$plant/a=1", "$plant/a=1"], subscriber.Received());
    }
}

using Broker.Conformance.Tests.Subscribe;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Changes;

/// <summary>What a subscription to $changes/ gets where bytes are compared.</summary>
public sealed class ChangeSubscriberTests
{
    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Messages_arrive_under_their_own_topic_and_only_when_the_value_changed(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect("subscriber", version);
        TestClient publisher = broker.Connect("publisher", version);
        subscriber.SubscribeTo("$changes/plant/+/temp");

        publisher.PublishAll("plant/7/temp", "20", "20", "20", "21", "21");

        Assert.Equal(["plant/7/temp=20", "plant/7/temp=21"], subscriber.Pairs());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void There_and_back_are_two_changes(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect("subscriber", version);
        TestClient publisher = broker.Connect("publisher", version);
        subscriber.SubscribeTo("$changes/t");

        publisher.PublishAll("t", "a", "b", "a");

        Assert.Equal(["a", "b", "a"], subscriber.Values());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void There_and_back_in_one_read_are_two_changes_for_a_client_that_takes_them(int qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect("subscriber");
        TestClient publisher = broker.Connect("publisher");
        subscriber.SubscribeTo("$changes/t", qos);

        publisher.PublishTogether(qos, ("t", "a"), ("t", "b"), ("t", "a"), ("t", "a"));

        Assert.Equal(["a", "b", "a"], subscriber.Values());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void An_empty_payload_is_always_a_change(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect("subscriber", version);
        TestClient publisher = broker.Connect("publisher", version);
        subscriber.SubscribeTo("$changes/t");

        publisher.PublishAll("t", "", "", "a", "");

        Assert.Equal(["", "", "a", ""], subscriber.Values());
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(1, 2)]
    public void Changes_go_out_with_the_lower_of_both_qualities_of_service(int published, int granted)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect("subscriber");
        TestClient publisher = broker.Connect("publisher");
        subscriber.SubscribeTo("$changes/t", granted);

        publisher.Publish("t", "a", published);
        publisher.Publish("t", "a", published);
        publisher.Publish("t", "b", published);

        Assert.Equal([$"t=a q{Math.Min(published, granted)}", $"t=b q{Math.Min(published, granted)}"], subscriber.Seen());
    }

    [Fact]
    public void Properties_do_not_make_a_change_and_travel_with_one()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect("subscriber");
        TestClient publisher = broker.Connect("publisher");
        subscriber.SubscribeTo("$changes/t");

        publisher.Publish("t", "a", properties: new Properties().User("n", "1"));
        publisher.Publish("t", "a", properties: new Properties().User("n", "2"));
        publisher.Publish("t", "b", properties: new Properties().User("n", "3"));

        List<ServerPacket.Publish> messages = subscriber.Messages();
        Assert.Equal(["1", "3"], messages.Select(m => m.Properties.UserProperties.Single().Value));
    }

    [Fact]
    public void Each_topic_is_compared_with_itself()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect("subscriber");
        TestClient publisher = broker.Connect("publisher");
        subscriber.SubscribeTo("$changes/#");

        foreach (string topic in (string[])["a", "b", "a/b", "a", "b"]) publisher.Publish(topic, "same");

        Assert.Equal(["a=same", "b=same", "a/b=same"], subscriber.Pairs());
    }

    [Fact]
    public void Each_subscriber_is_compared_with_what_it_was_sent()
    {
        using var broker = new TestBroker();
        TestClient early = broker.Connect("early");
        TestClient publisher = broker.Connect("publisher");
        early.SubscribeTo("$changes/t");
        publisher.Publish("t", "a");

        TestClient late = broker.Connect("late");
        late.SubscribeTo("$changes/t");
        publisher.PublishAll("t", "a", "b");

        Assert.Equal(["a", "b"], early.Values());
        Assert.Equal(["a", "b"], late.Values());
    }

    [Fact]
    public void Ordinary_subscriptions_without_a_rule_get_every_publication()
    {
        using var broker = new TestBroker();
        TestClient ordinary = broker.Connect("ordinary");
        TestClient changes = broker.Connect("changes");
        TestClient publisher = broker.Connect("publisher");
        ordinary.SubscribeTo("t");
        changes.SubscribeTo("$changes/t");

        publisher.PublishAll("t", "a", "a", "a");

        Assert.Equal(["a", "a", "a"], ordinary.Values());
        Assert.Equal(["a"], changes.Values());
    }

    [Fact]
    public void Overlapping_ordinary_and_change_only_subscriptions_are_two_subscribers()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect("subscriber");
        TestClient publisher = broker.Connect("publisher");
        subscriber.SubscribeTo(1, new SubscribeFilter("x/#"));
        subscriber.SubscribeTo(2, new SubscribeFilter("$changes/x/#"));

        publisher.PublishAll("x/t", "a", "a", "b");

        Assert.Equal(
            ["x/t=a q0 #1", "x/t=a q0 #1", "x/t=a q0 #2", "x/t=b q0 #1", "x/t=b q0 #2"],
            subscriber.Seen().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_subscription_identifier_comes_with_first_values_and_changes()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect("subscriber");
        TestClient publisher = broker.Connect("publisher");
        publisher.Publish("t", "a");

        subscriber.SubscribeTo(9, new SubscribeFilter("$changes/t"));
        publisher.Publish("t", "b");

        Assert.Equal(["t=a q0 retained #9", "t=b q0 #9"], subscriber.Seen());
    }

    [Fact]
    public void No_local_keeps_own_values_away_and_compares_with_what_came_from_others()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect("subscriber");
        TestClient other = broker.Connect("other");
        subscriber.SubscribeTo(new SubscribeFilter("$changes/t", QualityOfService.AtMostOnce, NoLocal: true));

        other.Publish("t", "a");
        subscriber.Publish("t", "b");
        other.Publish("t", "a");
        Assert.Equal(["a"], subscriber.Values());

        subscriber.Publish("t", "c");
        other.Publish("t", "c");
        Assert.Equal(["c"], subscriber.Values());
    }

    [Theory]
    [InlineData("$changes", ReasonCode.TopicFilterInvalid)]
    [InlineData("$changes/", ReasonCode.TopicFilterInvalid)]
    [InlineData("$changes/a/#/b", ReasonCode.TopicFilterInvalid)]
    [InlineData("$share/g/$changes", ReasonCode.TopicFilterInvalid)]
    [InlineData("$share/g/$changes/", ReasonCode.TopicFilterInvalid)]
    [InlineData("$changes/$changes", ReasonCode.TopicFilterInvalid)]
    [InlineData("$changes/$changes/a", ReasonCode.TopicFilterInvalid)]
    [InlineData("$changes/$share/g/a", ReasonCode.TopicFilterInvalid)]
    [InlineData("$changes/#", ReasonCode.Success)]
    [InlineData("$changes//", ReasonCode.Success)]
    [InlineData("$changes/$SYS/#", ReasonCode.Success)]
    [InlineData("$changesx/a", ReasonCode.Success)]
    public void Filters_behind_the_prefix_are_checked_as_any_other(string filter, ReasonCode expected)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect("subscriber");

        Assert.Equal([expected], subscriber.SubscribeTo(filter));
    }

    [Fact]
    public void Wildcards_behind_the_prefix_leave_dollar_topics_out()
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect("subscriber");
        TestClient publisher = broker.Connect("publisher");
        publisher.Publish("$x/t", "old");
        publisher.Publish("y/t", "old");

        subscriber.SubscribeTo("$changes/#");
        publisher.Publish("$x/t", "new");
        publisher.Publish("y/t", "new");

        Assert.Equal(["y/t=old", "y/t=new"], subscriber.Pairs());
    }

    [Theory]
    [ClassData(typeof(BothVersions))]
    public void Unsubscribing_ends_it_character_by_character(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect("subscriber", version);
        TestClient publisher = broker.Connect("publisher", version);
        subscriber.SubscribeTo("$changes/t");

        ReasonCode[] wrong = subscriber.UnsubscribeFrom("t");
        publisher.Publish("t", "a");
        Assert.Equal(["a"], subscriber.Values());
        ReasonCode[] right = subscriber.UnsubscribeFrom("$changes/t");
        publisher.Publish("t", "b");

        if (version == ProtocolVersion.V5) Assert.Equal([ReasonCode.NoSubscriptionExisted, ReasonCode.Success], [.. wrong, .. right]);
        Assert.Empty(subscriber.All());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Acknowledgements_do_not_show_what_was_suppressed(int qos)
    {
        using var broker = new TestBroker();
        TestClient subscriber = broker.Connect("subscriber");
        TestClient publisher = broker.Connect("publisher");
        ReasonCode nobody = publisher.Publish("t", "a", qos);
        subscriber.SubscribeTo("$changes/t");

        ReasonCode unchanged = publisher.Publish("t", "a", qos);
        ReasonCode changed = publisher.Publish("t", "b", qos);

        Assert.Equal([ReasonCode.NoMatchingSubscribers, ReasonCode.Success, ReasonCode.Success], [nobody, unchanged, changed]);
    }
}

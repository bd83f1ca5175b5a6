using System.Text;
using Broker.Core.Sessions;
using Broker.Testing;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>What is remembered of a topic holds until a filter that may match it comes or goes, and not longer.</summary>
public sealed class RememberedMatchTests
{
    [Theory]
    [InlineData("plant/line/machine/temp")]
    [InlineData("plant/line/+/temp")]
    [InlineData("plant/#")]
    [InlineData("+/line/machine/temp")]
    [InlineData("$share/group/plant/line/+/temp")]
    [InlineData("$changes/plant/line/machine/temp")]
    public void A_filter_that_matches_is_seen_at_once_when_it_comes_and_when_it_goes(string filter)
    {
        using var broker = new TestBroker();
        TestClient publisher = broker.Connect("p");
        TestClient client = broker.Connect("c");
        for (int i = 0; i < 5; i++) publisher.Publish("plant/line/machine/temp", $"{i}");

        client.SubscribeTo(filter);
        client.Messages();
        publisher.Publish("plant/line/machine/temp", "seen");
        int seen = client.Messages().Count;
        client.UnsubscribeFrom(filter);
        publisher.Publish("plant/line/machine/temp", "not seen");

        Assert.Equal(1, seen);
        Assert.Empty(client.Messages());
    }

    [Fact]
    public void Filters_that_cannot_match_a_topic_leave_what_is_remembered_of_it()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.SubscribeTo("plant/line/machine/temp");
        RouteTargets remembered = Remember(broker, "plant/line/machine/temp");

        client.SubscribeTo("plant/line/other/temp");
        client.SubscribeTo("plant/line/other/+");
        client.SubscribeTo("plant/other/#");
        client.UnsubscribeFrom("plant/line/other/temp");

        Assert.Same(remembered, Match(broker, "plant/line/machine/temp"));
    }

    [Fact]
    public void A_topic_that_is_published_once_is_not_remembered()
    {
        using var broker = new TestBroker();
        broker.Connect("c").SubscribeTo("#");

        RouteTargets targets = Match(broker, "plant/line/machine/temp");

        Assert.Null(targets.Topic);
        Assert.Equal(1, targets.Count);
    }

    private static RouteTargets Remember(TestBroker broker, string topic)
    {
        Match(broker, topic);
        RouteTargets remembered = Match(broker, topic);
        Assert.NotNull(remembered.Topic);
        Assert.Same(remembered, Match(broker, topic));
        return remembered;
    }

    private static RouteTargets Match(TestBroker broker, string topic) => broker.Broker.Context.Subscriptions.Match(Encoding.UTF8.GetBytes(topic));
}

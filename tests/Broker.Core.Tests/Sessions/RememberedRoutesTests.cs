using System.Text;
using Broker.Core.Sessions;
using Xunit;

namespace Broker.Core.Tests.Sessions;

public sealed class RememberedRoutesTests
{
    private readonly RememberedRoutes _routes = new(42);

    [Fact]
    public void A_topic_is_worth_remembering_when_it_comes_again()
    {
        ulong hash = _routes.HashOf("a/b"u8);

        Assert.False(_routes.IsSeenAgain(hash));
        Assert.True(_routes.IsSeenAgain(hash));
    }

    [Fact]
    public void What_was_kept_is_found_until_everything_is_forgotten()
    {
        RouteTargets targets = Keep("a/b", null);

        Assert.Same(targets, Find("a/b"));
        Assert.Null(Find("a/c"));
        _routes.Clear();
        Assert.Null(Find("a/b"));
    }

    [Fact]
    public void Fresh_targets_take_the_place_of_stale_ones()
    {
        RouteTargets stale = Keep("a/b", null);
        RouteTargets fresh = Keep("a/b", stale);

        Assert.Same(fresh, Find("a/b"));
    }

    [Fact]
    public void The_number_of_topics_is_bounded()
    {
        const int Topics = 200_000;
        for (int i = 0; i < Topics; i++) Keep($"t/{i}", null);

        int found = Enumerable.Range(0, Topics).Count(i => Find($"t/{i}") is not null);

        Assert.InRange(found, 30_000, 32_768);
    }

    private RouteTargets? Find(string topic)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(topic);
        return _routes.Find(utf8, _routes.HashOf(utf8));
    }

    private RouteTargets Keep(string topic, RouteTargets? stale)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(topic);
        var targets = new RouteTargets { Topic = utf8 };
        _routes.Keep(_routes.HashOf(utf8), stale, targets);
        return targets;
    }
}

using System.Text;
using Broker.Core.Sessions;
using Broker.Core.Topics;
using Xunit;

namespace Broker.Core.Tests.Sessions;

public sealed class FilterStampsTests
{
    private readonly FilterStamps _stamps = new(42);

    [Theory]
    [InlineData("a/b/c/d/e", "a/b/c/d/e", true)]
    [InlineData("#", "a/b", true)]
    [InlineData("+/b", "a/b", true)]
    [InlineData("a/#", "a", true)]
    [InlineData("a/#", "a/b/c", true)]
    [InlineData("a/+/c", "a/b/c", true)]
    [InlineData("a/b/#", "a/b", true)]
    [InlineData("a/b/c/+", "a/b/c/d", true)]
    [InlineData("a/b/c/#", "a/b/c", true)]
    [InlineData("a/b/c/d/#", "a/b/c/d", true)]
    [InlineData("/+", "/x", true)]
    [InlineData("//#", "//x", true)]
    [InlineData("a/b/c/d/e", "a/b/c/d/f", false)]
    [InlineData("a/b", "a/b/c", false)]
    [InlineData("a/+", "b/c", false)]
    [InlineData("a/x/+", "a/y/z", false)]
    [InlineData("a/b/x/+", "a/b/y/z", false)]
    public void A_change_of_a_filter_counts_for_the_topics_that_it_may_match(string filter, string topic, bool counts)
    {
        FilterStamps.Places places = _stamps.PlacesOf(Encoding.UTF8.GetBytes(topic));
        long before = _stamps.Sum(places);

        _stamps.Count(Encoding.UTF8.GetBytes(filter));

        Assert.Equal(counts, _stamps.Sum(places) != before);
    }

    [Fact]
    public void No_filter_that_matches_is_missed()
    {
        var random = new Random(7);
        int matched = 0;
        for (int i = 0; i < 50_000; i++)
        {
            byte[] topic = Path(random, "ab/");
            byte[] filter = Path(random, "ab/");
            for (int level = random.Next(3); level > 0; level--) filter = WithWildcard(filter, random);
            if (!TopicFilter.Matches(filter, topic)) continue;
            matched++;
            FilterStamps.Places places = _stamps.PlacesOf(topic);
            long before = _stamps.Sum(places);

            _stamps.Count(filter);

            Assert.True(_stamps.Sum(places) != before, $"{Encoding.UTF8.GetString(filter)} matches {Encoding.UTF8.GetString(topic)}");
        }

        Assert.InRange(matched, 1_000, 50_000);
    }

    private static byte[] Path(Random random, string alphabet) =>
        Encoding.UTF8.GetBytes(random.GetString(alphabet, random.Next(1, 8)));

    private static byte[] WithWildcard(byte[] filter, Random random)
    {
        string[] levels = Encoding.UTF8.GetString(filter).Split('/');
        int at = random.Next(levels.Length);
        levels[at] = "+";
        if (random.Next(3) == 0 && levels[^1] != "+") levels[^1] = "#";
        return Encoding.UTF8.GetBytes(string.Join('/', levels));
    }
}

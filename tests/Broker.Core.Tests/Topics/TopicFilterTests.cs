using System.Text;
using Broker.Core.Topics;
using Xunit;

namespace Broker.Core.Tests.Topics;

public sealed class TopicFilterTests
{
    [Theory]
    [InlineData("a", false)]
    [InlineData("/", false)]
    [InlineData("a//b/", false)]
    [InlineData("$SYS/broker", false)]
    [InlineData("$shared/x", false)]
    [InlineData("$SHARE/x", false)]
    [InlineData("+", true)]
    [InlineData("#", true)]
    [InlineData("/#", true)]
    [InlineData("+/+", true)]
    [InlineData("a/+/b/#", true)]
    [InlineData("$share1/#", true)]
    public void A_valid_filter_is_taken_whole(string text, bool hasWildcard)
    {
        TopicFault fault = Parse(text, out string group, out string filter, out bool wildcard);

        Assert.Equal(TopicFault.None, fault);
        Assert.Equal("", group);
        Assert.Equal(text, filter);
        Assert.Equal(hasWildcard, wildcard);
    }

    [Theory]
    [InlineData("$share/g/t", "g", "t", false)]
    [InlineData("$share/g//", "g", "/", false)]
    [InlineData("$share/g/+/x", "g", "+/x", true)]
    [InlineData("$share/group one/#", "group one", "#", true)]
    [InlineData("$share/g/$share/h/t", "g", "$share/h/t", false)]
    [InlineData("$share/$share/t", "$share", "t", false)]
    public void A_shared_filter_is_split_into_group_and_filter(string text, string group, string filter, bool hasWildcard)
    {
        TopicFault fault = Parse(text, out string actualGroup, out string actualFilter, out bool wildcard);

        Assert.Equal(TopicFault.None, fault);
        Assert.Equal(group, actualGroup);
        Assert.Equal(filter, actualFilter);
        Assert.Equal(hasWildcard, wildcard);
    }

    [Theory]
    [InlineData("", TopicFault.Empty)]
    [InlineData("a+", TopicFault.MisplacedWildcard)]
    [InlineData("+a", TopicFault.MisplacedWildcard)]
    [InlineData("a/b+/c", TopicFault.MisplacedWildcard)]
    [InlineData("++", TopicFault.MisplacedWildcard)]
    [InlineData("a#", TopicFault.MisplacedWildcard)]
    [InlineData("#a", TopicFault.MisplacedWildcard)]
    [InlineData("#/", TopicFault.MisplacedWildcard)]
    [InlineData("#/a", TopicFault.MisplacedWildcard)]
    [InlineData("a/#/b", TopicFault.MisplacedWildcard)]
    [InlineData("##", TopicFault.MisplacedWildcard)]
    [InlineData("+#", TopicFault.MisplacedWildcard)]
    [InlineData("$share/g/a#", TopicFault.MisplacedWildcard)]
    [InlineData("$share", TopicFault.ShareName)]
    [InlineData("$share/", TopicFault.ShareName)]
    [InlineData("$share//", TopicFault.ShareName)]
    [InlineData("$share//t", TopicFault.ShareName)]
    [InlineData("$share/g", TopicFault.ShareName)]
    [InlineData("$share/+/t", TopicFault.ShareName)]
    [InlineData("$share/#", TopicFault.ShareName)]
    [InlineData("$share/#/t", TopicFault.ShareName)]
    [InlineData("$share/g#/t", TopicFault.ShareName)]
    [InlineData("$share/g+/t", TopicFault.ShareName)]
    [InlineData("$share/g/", TopicFault.NoFilter)]
    public void A_faulty_filter_is_refused_with_what_is_wrong(string text, TopicFault expected)
    {
        Assert.Equal(expected, Parse(text, out _, out _, out _));
    }

    [Theory]
    [InlineData(9, TopicFault.None)]
    [InlineData(10, TopicFault.None)]
    [InlineData(11, TopicFault.TooLong)]
    [InlineData(65_535, TopicFault.TooLong)]
    public void A_filter_has_at_most_the_bytes_that_are_allowed(int bytes, TopicFault expected)
    {
        byte[] filter = Encoding.UTF8.GetBytes(new string('x', bytes));

        Assert.Equal(expected, TopicFilter.TryParse(filter, maxBytes: 10, maxLevels: 128, out _));
    }

    [Fact]
    public void The_share_prefix_counts_for_the_bytes()
    {
        Assert.Equal(TopicFault.None, TopicFilter.TryParse("$share/g/t"u8, maxBytes: 10, maxLevels: 128, out _));
        Assert.Equal(TopicFault.TooLong, TopicFilter.TryParse("$share/g/t"u8, maxBytes: 9, maxLevels: 128, out _));
    }

    [Theory]
    [InlineData("", 126, TopicFault.None)]
    [InlineData("", 127, TopicFault.None)]
    [InlineData("", 128, TopicFault.TooManyLevels)]
    [InlineData("", 65_535, TopicFault.TooManyLevels)]
    [InlineData("$share/g/", 127, TopicFault.None)]
    [InlineData("$share/g/", 128, TopicFault.TooManyLevels)]
    public void A_filter_has_at_most_the_levels_that_are_allowed(string prefix, int separators, TopicFault expected)
    {
        byte[] filter = Encoding.UTF8.GetBytes(prefix + new string('/', separators));

        Assert.Equal(expected, TopicFilter.TryParse(filter, maxBytes: 65_535, maxLevels: 128, out _));
    }

    [Theory]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/ranking", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true)]
    [InlineData("sport/#", "sport", true)]
    [InlineData("sport/#", "sports", false)]
    [InlineData("#", "a", true)]
    [InlineData("#", "/", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1/ranking", false)]
    [InlineData("sport/+", "sport", false)]
    [InlineData("sport/+", "sport/", true)]
    [InlineData("+/+", "/finance", true)]
    [InlineData("/+", "/finance", true)]
    [InlineData("+", "/finance", false)]
    [InlineData("#", "$SYS/x", false)]
    [InlineData("+/x", "$SYS/x", false)]
    [InlineData("$SYS/#", "$SYS", true)]
    [InlineData("$SYS/+", "$SYS/x", true)]
    [InlineData("a/+", "a/$x", true)]
    [InlineData("+/#", "a", true)]
    [InlineData("a", "A", false)]
    [InlineData("/a", "a", false)]
    [InlineData("a/b", "a", false)]
    [InlineData("a", "a/", false)]
    [InlineData("a/", "a", false)]
    [InlineData("a/+/#", "a", false)]
    [InlineData("a/+/#", "a/b", true)]
    public void A_filter_matches_as_the_specification_says(string filter, string topic, bool expected)
    {
        Assert.Equal(expected, PathGen.Matches(filter, topic));
    }

    [Fact]
    public void Matching_65535_separators_needs_no_stack()
    {
        byte[] topic = Encoding.UTF8.GetBytes(new string('/', 65_535));
        byte[] filter = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("+/", 32_767)) + "#");

        Assert.True(TopicFilter.Matches(topic, topic));
        Assert.True(TopicFilter.Matches(filter, topic));
    }

    private static TopicFault Parse(string text, out string group, out string filter, out bool hasWildcard)
    {
        TopicFault fault = TopicFilter.TryParse(Encoding.UTF8.GetBytes(text), maxBytes: 65_535, maxLevels: 128, out TopicFilter parsed);
        group = Encoding.UTF8.GetString(parsed.Group);
        filter = Encoding.UTF8.GetString(parsed.Filter);
        hasWildcard = parsed.HasWildcard;
        Assert.Equal(group.Length > 0, parsed.IsShared);
        return fault;
    }
}

using System.Text;
using Broker.Core.Topics;
using Xunit;

namespace Broker.Core.Tests.Topics;

public sealed class TopicTreeSearchTests
{
    private readonly TopicTree<string> _tree = new(7);

    [Theory]
    [InlineData("#", 5_000)]
    [InlineData("a/+/even", 2_500)]
    [InlineData("a/17/odd", 1)]
    [InlineData("b/#", 0)]
    public void A_search_in_steps_finds_every_topic_once(string filter, int expected)
    {
        Fill(5_000);

        List<string> found = Search(filter, most: 100);

        Assert.Equal(expected, found.Count);
        Assert.Equal(found.Count, found.Distinct().Count());
    }

    [Fact]
    public void A_step_holds_at_most_what_was_asked_for()
    {
        Fill(1_000);
        var matches = new Matches<string>();
        TopicTreeCursor cursor = default;

        bool goesOn = _tree.TryMatchNext<Access>("#"u8, matches, 10, ref cursor);

        Assert.True(goesOn);
        Assert.Equal(10, matches.Count);
    }

    [Fact]
    public void What_is_there_all_the_while_is_found_although_other_topics_come_and_go()
    {
        Fill(2_000);
        var found = new HashSet<string>();
        var matches = new Matches<string>();
        TopicTreeCursor cursor = default;
        int step = 0;
        bool goesOn = true;
        while (goesOn)
        {
            matches.Clear();
            goesOn = _tree.TryMatchNext<Access>("a/#"u8, matches, 50, ref cursor);
            found.UnionWith(matches.Span.ToArray());
            Set($"new/{step++}");
            _tree.Remove(Encoding.UTF8.GetBytes($"a/{1_999 - step}/odd"));
        }

        Assert.All(Enumerable.Range(0, 1_000).Select(i => $"a/{2 * i}/even"), topic => Assert.Contains(topic, found));
    }

    [Fact]
    public void A_search_goes_on_after_the_tree_shrank()
    {
        Fill(20_000);
        var matches = new Matches<string>();
        TopicTreeCursor cursor = default;
        _tree.TryMatchNext<Access>("#"u8, matches, 50, ref cursor);
        for (int i = 100; i < 20_000; i++) _tree.Remove(Encoding.UTF8.GetBytes(Topic(i)));

        var found = new HashSet<string>();
        bool goesOn = true;
        while (goesOn)
        {
            matches.Clear();
            goesOn = _tree.TryMatchNext<Access>("#"u8, matches, 50, ref cursor);
            found.UnionWith(matches.Span.ToArray());
        }

        Assert.Subset(found, Enumerable.Range(50, 50).Select(Topic).ToHashSet());
    }

    [Fact]
    public void A_capped_match_says_that_there_is_more()
    {
        Fill(100);
        var matches = new Matches<string>();

        Assert.False(_tree.TryMatch<Access>("#"u8, matches, 50));
        Assert.Equal(50, matches.Count);
        matches.Clear();
        Assert.True(_tree.TryMatch<Access>("#"u8, matches, 101));
        Assert.Equal(100, matches.Count);
    }

    private static string Topic(int i) => $"a/{i}/{(i % 2 == 0 ? "even" : "odd")}";

    private void Fill(int count)
    {
        for (int i = 0; i < count; i++) Set(Topic(i));
    }

    private void Set(string topic) => _tree.Set(Encoding.UTF8.GetBytes(topic), topic);

    private List<string> Search(string filter, int most)
    {
        List<string> found = [];
        var matches = new Matches<string>();
        TopicTreeCursor cursor = default;
        bool goesOn = true;
        while (goesOn)
        {
            matches.Clear();
            goesOn = _tree.TryMatchNext<Access>(Encoding.UTF8.GetBytes(filter), matches, most, ref cursor);
            found.AddRange(matches.Span);
        }

        return found;
    }

    private readonly struct Access : ITreeValuePolicy<string>, ITreeValueTopic<string>
    {
        public static void OnTaken(string value)
        {
        }

        public static ReadOnlySpan<byte> TopicOf(string value) => Encoding.UTF8.GetBytes(value);
    }
}

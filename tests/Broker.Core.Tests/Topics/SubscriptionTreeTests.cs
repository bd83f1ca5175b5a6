using System.Text;
using Broker.Core.Topics;
using Xunit;

namespace Broker.Core.Tests.Topics;

public sealed class SubscriptionTreeTests
{
    private readonly SubscriptionTree<TestEntry> _tree = new(hashSeed: 42);
    private Matches<TestEntry> _matches = new();

    [Fact]
    public void The_same_filter_may_be_added_many_times()
    {
        TestEntry first = Add("a/b");
        TestEntry second = Add("a/b");
        TestEntry third = Add("a/b");

        _tree.Remove(first);

        Assert.Equivalent(new[] { second, third }, Match("a/b"), strict: true);
        Assert.False(_matches.MoreThanOneNode);
        Assert.Equal(2, _tree.Count);
    }

    [Fact]
    public void Overlapping_filters_are_reported_as_more_than_one_node()
    {
        Add("a/#");
        Add("a/+");

        Assert.Equal(2, Match("a/b").Length);
        Assert.True(_matches.MoreThanOneNode);
        Assert.Single(Match("a"));
        Assert.False(_matches.MoreThanOneNode);
    }

    [Fact]
    public void Matches_of_several_topics_add_up_until_they_are_cleared()
    {
        Add("a");
        Add("b");
        _tree.Match("a"u8, ref _matches);
        _tree.Match("b"u8, ref _matches);

        Assert.Equal(2, _matches.Count);
        Assert.True(_matches.MoreThanOneNode);

        _matches.Clear();

        Assert.Equal(0, _matches.Count);
        Assert.False(_matches.MoreThanOneNode);
        Assert.All(_matches.Items, Assert.Null);
    }

    [Fact]
    public void Removing_twice_changes_nothing()
    {
        TestEntry entry = Add("a");
        _tree.Remove(entry);
        long version = _tree.Version;

        _tree.Remove(entry);

        Assert.Equal(version, _tree.Version);
        Assert.Equal(0, _tree.Count);
        Assert.Equal(0, _tree.NodeCount);
    }

    [Fact]
    public void An_entry_is_in_one_place_of_one_tree()
    {
        TestEntry entry = Add("a");
        var other = new SubscriptionTree<TestEntry>(1);
        other.Add(new TestEntry("a"));

        Assert.Throws<InvalidOperationException>(() => _tree.Add(entry));
        Assert.Throws<InvalidOperationException>(() => other.Remove(entry));
        TestEntry wild = Add("+");
        Assert.Throws<InvalidOperationException>(() => other.Remove(wild));

        _tree.Remove(entry);
        other.Add(entry);

        Assert.Equal(2, other.Count);
        other.Remove(entry);
        Assert.Equal(1, other.Count);
    }

    [Fact]
    public void A_node_with_ten_thousand_entries_is_as_cheap_to_change_as_one_with_two()
    {
        TestEntry[] entries = [.. Enumerable.Range(0, 10_000).Select(_ => Add("a/b"))];
        Assert.Equal(10_000, Match("a/b").Length);

        // Removing from the front and adding again moves no other entry but one; a scan per removal would be 10^9 steps in all.
        long allocated = AllocatedBytes.OfSteadyState(() =>
        {
            for (int round = 0; round < 10; round++)
            {
                foreach (TestEntry entry in entries)
                {
                    _tree.Remove(entry);
                    _tree.Add(entry);
                }
            }
        });

        Assert.Equal(0, allocated);
        Assert.Equal(10_000, Match("a/b").Distinct().Count());
        Assert.All(entries, _tree.Remove);
        Assert.Equal(0, _tree.NodeCount);
        Assert.Empty(Match("a/b"));
    }

    [Fact]
    public void A_path_of_65535_separators_needs_no_stack()
    {
        string deep = new('/', 65_535);
        string plus = string.Concat(Enumerable.Repeat("+/", 32_767)) + "#";
        TestEntry exact = Add(deep);
        TestEntry wild = Add(plus);
        TestEntry all = Add("#");

        Assert.Equivalent(new[] { exact, wild, all }, Match(deep), strict: true);

        _tree.Remove(exact);
        _tree.Remove(wild);

        Assert.Equal(1, _tree.NodeCount);
        Assert.Equal(all, Assert.Single(Match(deep)));
    }

    [Fact]
    public void All_mixes_of_a_level_and_a_wildcard_cost_one_visit_each()
    {
        // 2^12 filters that all match one topic: as many matches as filters, each once, and a stack of twelve.
        for (int mask = 0; mask < 1 << 12; mask++)
        {
            Add(string.Join('/', Enumerable.Range(0, 12).Select(i => (mask >> i & 1) == 0 ? "x" : "+")));
        }

        TestEntry[] found = Match("x/x/x/x/x/x/x/x/x/x/x/x");

        Assert.Equal(1 << 12, found.Length);
        Assert.Equal(1 << 12, found.Distinct().Count());
    }

    [Fact]
    public void A_topic_level_that_looks_like_a_wildcard_is_not_one()
    {
        Add("a/+");
        Add("#");

        // Callers refuse such names; the tree must not confuse them with its wildcards if one slips through.
        Assert.Equal(2, Match("a/+").Length);
        Assert.Single(Match("+"));
        Assert.Single(Match("b/#"));
    }

    [Fact]
    public void A_filter_without_wildcards_is_one_node_however_many_levels_it_has()
    {
        Add("site/5/line/5/temp");
        Assert.Equal(1, _tree.NodeCount);

        Add("site/5/line/+/temp");

        Assert.Equal(6, _tree.NodeCount);
        Assert.Equal(2, Match("site/5/line/5/temp").Length);
        Assert.True(_matches.MoreThanOneNode);
        Assert.Empty(Match("site/5/line/5"));
        Assert.Empty(Match("site/5/line/5/temp/"));
    }

    [Fact]
    public void Matching_allocates_nothing()
    {
        for (int i = 0; i < 1000; i++)
        {
            Add($"site/{i % 10}/line/{i}/temp");
            Add($"site/+/line/{i}/#");
        }

        Add("site/#");
        Match("site/5/line/5/temp");
        byte[][] topics = [.. Enumerable.Range(0, 1000).Select(i => Encoding.UTF8.GetBytes($"site/{i % 10}/line/{i}/temp"))];

        int count = 0;
        long allocated = AllocatedBytes.OfSteadyState(() =>
        {
            count = 0;
            foreach (byte[] topic in topics)
            {
                _matches.Clear();
                _tree.Match(topic, ref _matches);
                count += _matches.Count;
            }
        });

        Assert.Equal(0, allocated);
        Assert.Equal(3000, count);
    }

    private TestEntry Add(string filter)
    {
        var entry = new TestEntry(filter);
        _tree.Add(entry);
        return entry;
    }

    private TestEntry[] Match(string topic)
    {
        _matches.Clear();
        _tree.Match(Encoding.UTF8.GetBytes(topic), ref _matches);
        return _matches.Span.ToArray();
    }
}

using System.Text;
using Broker.Core.Topics;
using Xunit;

namespace Broker.Core.Tests.Topics;

public sealed class TopicTreeTests
{
    private readonly TopicTree<Value> _tree = new(hashSeed: 42);
    private Matches<Value> _matches = new();

    [Fact]
    public void Set_returns_what_was_there()
    {
        var first = new Value("a");
        var second = new Value("a");

        Assert.Null(_tree.Set("a"u8, first));
        Assert.Same(first, _tree.Set("a"u8, second));
        Assert.Same(second, _tree.Get("a"u8));
        Assert.Equal(1, _tree.Count);
    }

    [Fact]
    public void Remove_returns_what_was_there_and_leaves_the_rest()
    {
        Set("a");
        Value below = Set("a/b/c");

        Assert.NotNull(_tree.Remove("a"u8));
        Assert.Null(_tree.Remove("a"u8));
        Assert.Null(_tree.Remove("a/b"u8));
        Assert.Null(_tree.Remove("unknown"u8));
        Assert.Same(below, _tree.Get("a/b/c"u8));
        Assert.Equal(1, _tree.Count);
    }

    [Fact]
    public void Remove_of_an_expected_value_spares_its_successor()
    {
        Value old = Set("a");
        Value successor = Set("a");

        Assert.False(_tree.Remove("a"u8, old));
        Assert.False(_tree.Remove("b"u8, old));
        Assert.Same(successor, _tree.Get("a"u8));
        Assert.True(_tree.Remove("a"u8, successor));
        Assert.Equal(0, _tree.Count);
    }

    [Fact]
    public void A_filter_without_wildcards_matches_its_topic_only()
    {
        Value value = Set("a/b");
        Set("a");
        Set("a/b/c");

        Assert.Equal(value, Assert.Single(Match("a/b")));
        Assert.Empty(Match("a/c"));
    }

    [Theory]
    [InlineData("#", "/,a,a/$x,a/b,a/b/c")]
    [InlineData("+", "a")]
    [InlineData("+/+", "/,a/$x,a/b")]
    [InlineData("a/#", "a,a/$x,a/b,a/b/c")]
    [InlineData("a/+", "a/$x,a/b")]
    [InlineData("+/b/#", "a/b,a/b/c")]
    [InlineData("$SYS/#", "$SYS,$SYS/a")]
    [InlineData("$SYS/+", "$SYS/a")]
    [InlineData("/+", "/")]
    public void A_filter_with_wildcards_matches_as_the_specification_says(string filter, string expected)
    {
        foreach (string topic in new[] { "a", "a/b", "a/b/c", "a/$x", "/", "$SYS", "$SYS/a" })
        {
            Set(topic);
        }

        Assert.Equal(expected.Split(','), Match(filter).Select(value => value.Topic).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_policy_is_told_of_each_value_that_is_handed_out_and_kept()
    {
        Value first = Set("a/b");
        Value second = Set("a/c");

        _tree.Get<Counting>("a/b"u8);
        _tree.Get<Counting>("a/none"u8);
        _tree.Match<Counting>("a/#"u8, ref _matches);
        _tree.Match<Counting>("a/c"u8, ref _matches);
        _tree.Set("a/b"u8, second);
        _tree.Remove("a/c"u8);

        Assert.Equal(2, first.Taken);
        Assert.Equal(2, second.Taken);
    }

    [Fact]
    public void A_path_of_65535_separators_needs_no_stack()
    {
        string deep = new('/', 65_535);
        Value value = Set(deep);
        Value shallow = Set("a");

        Assert.Equal(2, Match("#").Length);
        Assert.Equal(value, Assert.Single(Match("/#")));
        Assert.Equal(value, Assert.Single(Match(string.Concat(Enumerable.Repeat("+/", 65_535)) + "+")));
        Assert.Same(value, _tree.Remove(Encoding.UTF8.GetBytes(deep)));
        Assert.Equal(shallow, Assert.Single(Match("#")));
    }

    [Fact]
    public void A_node_with_many_children_is_walked_with_a_small_stack_and_without_allocating()
    {
        for (int i = 0; i < 20_000; i++)
        {
            Set($"dev/{i}/temp");
            Set($"dev/{i}/humidity");
        }

        Assert.Equal(20_000, Match("dev/+/temp").Length);
        Assert.Equal(40_000, Match("dev/#").Length);

        long allocated = AllocatedBytes.OfSteadyState(() =>
        {
            _matches.Clear();
            _tree.Match("dev/+/temp"u8, ref _matches);
        });

        Assert.Equal(0, allocated);
    }

    private Value Set(string topic)
    {
        var value = new Value(topic);
        _tree.Set(Encoding.UTF8.GetBytes(topic), value);
        return value;
    }

    private Value[] Match(string filter)
    {
        _matches.Clear();
        _tree.Match(Encoding.UTF8.GetBytes(filter), ref _matches);
        return _matches.Span.ToArray();
    }

    private sealed class Value(string topic)
    {
        public string Topic { get; } = topic;

        public int Taken { get; set; }
    }

    private readonly struct Counting : ITreeValuePolicy<Value>
    {
        public static void OnTaken(Value value) => value.Taken++;
    }
}

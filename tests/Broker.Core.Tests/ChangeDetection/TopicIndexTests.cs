using System.Text;
using Broker.Core.ChangeDetection;
using Broker.Core.Messages;
using Broker.Core.Topics;
using Xunit;

namespace Broker.Core.Tests.ChangeDetection;

public sealed class TopicIndexTests
{
    // What sorts before, at and behind the separator, and what wildcards pass by.
    private static readonly string[] _levels = ["", "a", "a-", "a0", "b", "-", "0", "$s", "temp", "\u00fc"];
    private static readonly string[] _filterLevels = [.. _levels, "+", "+", "+"];

    private readonly MessagePool _pool = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_search_finds_what_the_filter_matches_by_the_letter(int seed)
    {
        var random = new Random(seed);
        var index = new TopicIndex(new ChangeRules([]), (ulong)seed);
        var there = new Dictionary<string, TopicState>(StringComparer.Ordinal);
        for (int step = 0; step < 4_000; step++)
        {
            // First it grows, then it shrinks until states get other numbers.
            bool adds = random.Next(10) < (step < 2_500 ? 8 : 1);
            string topic = Path(random, _levels);
            if (adds)
            {
                there[topic] = Add(index, topic);
            }
            else if (there.Count > 0)
            {
                topic = there.Keys.ElementAt(random.Next(there.Count));
                index.Remove(there[topic]);
                there.Remove(topic);
            }

            Assert.Same(there.GetValueOrDefault(topic), index.Find(Encoding.UTF8.GetBytes(topic)));
            if (step % 10 == 0) Compare(index, there.Keys, Filter(random));
        }
    }

    [Fact]
    public void Topics_that_cannot_be_meant_are_not_looked_at()
    {
        var index = new TopicIndex(new ChangeRules([]), 7);
        for (int i = 0; i < 20_000; i++) Add(index, $"plant/line-{i / 20}/sensor-{i % 20}");
        List<TopicState> found = [];
        for (int i = 0; i < 4; i++) Assert.False(index.TryMatch("plant/line-17/+"u8, 257, found)); // each puts some in order

        Assert.True(index.TryMatch("plant/line-17/+"u8, 257, found)); // two searches, and twenty looks
        Assert.Equal(20, found.Count);
        found.Clear();
        Assert.True(index.TryMatch("plant/+/sensor-7"u8, 1_001, found)); // one in twenty is looked at
        Assert.Equal(1_000, found.Count);
    }

    [Fact]
    public void Topics_that_come_after_the_first_search_are_in_order_with_it()
    {
        var index = new TopicIndex(new ChangeRules([]), 7);
        for (int i = 0; i < 5_000; i++) Add(index, $"early/{i}");
        Assert.False(index.TryMatch("early/7"u8, 257, []));

        for (int i = 0; i < 1_000; i++) Add(index, $"late/{i}"); // each takes one that was left along

        foreach (string topic in (string[])["early/7", "early/4999", "late/0", "late/999"])
        {
            List<TopicState> found = [];
            Assert.True(index.TryMatch(Encoding.UTF8.GetBytes(topic), 257, found));
            Assert.Single(found);
        }
    }

    [Fact]
    public void A_topic_that_is_removed_before_it_is_in_order_is_gone_from_it()
    {
        var index = new TopicIndex(new ChangeRules([]), 7);
        TopicState first = Add(index, "a/1");
        TopicState second = Add(index, "a/2");
        index.Remove(first);
        TopicState again = Add(index, "a/1"); // under the number that is free
        List<TopicState> found = [];

        Assert.True(index.TryMatch("a/+"u8, 257, found));

        Assert.Equal([again, second], found);
    }

    [Fact]
    public void A_search_that_would_look_at_too_many_gives_up()
    {
        var index = new TopicIndex(new ChangeRules([]), 7);
        for (int i = 0; i < 5_000; i++) Add(index, $"plant/line-{i}/temp");

        Assert.False(index.TryMatch("plant/+/humidity"u8, 257, []));
        List<TopicState> found = [];
        TopicTreeCursor cursor = default;
        Assert.True(index.TryMatchNext("plant/+/temp"u8, 10, found, ref cursor));
        Assert.Equal(10, found.Count);
    }

    [Fact]
    public async Task A_topic_that_is_there_is_found_while_others_come_and_go()
    {
        var index = new TopicIndex(new ChangeRules([]), 9);
        TopicState[] kept = [.. Enumerable.Range(0, 100).Select(i => Add(index, $"kept/{i}"))];
        bool isOver = false;
        Task changing = Task.Run(
            () =>
            {
                for (int round = 0; round < 30; round++)
                {
                    TopicState[] others = [.. Enumerable.Range(0, 1_000).Select(i => Add(index, $"other/{i}"))];
                    foreach (TopicState other in others) index.Remove(other);
                }

                Volatile.Write(ref isOver, true);
            },
            TestContext.Current.CancellationToken);
        while (!Volatile.Read(ref isOver))
        {
            for (int i = 0; i < kept.Length; i++) Assert.Same(kept[i], index.Find(Encoding.UTF8.GetBytes($"kept/{i}")));
        }

        await changing;
    }

    private static void Compare(TopicIndex index, IEnumerable<string> there, string filter)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(filter);
        string[] expected = [.. there.Where(topic => TopicFilter.Matches(utf8, Encoding.UTF8.GetBytes(topic))).Order(StringComparer.Ordinal)];
        List<TopicState> found = [];
        Assert.True(index.TryMatch(utf8, int.MaxValue, found));
        Assert.Equal(expected, Names(found));

        found.Clear();
        TopicTreeCursor cursor = default;
        while (index.TryMatchNext(utf8, 7, found, ref cursor)) continue;
        Assert.Equal(expected, Names(found));
    }

    private static IEnumerable<string> Names(List<TopicState> states) =>
        states.Select(state => Encoding.UTF8.GetString(state.Topic)).Order(StringComparer.Ordinal);

    private static string Path(Random random, string[] levels)
    {
        string path = string.Join('/', Enumerable.Range(0, random.Next(1, 5)).Select(_ => levels[random.Next(levels.Length)]));
        return path.Length > 0 ? path : "a";
    }

    private static string Filter(Random random)
    {
        string filter = Path(random, _filterLevels);
        return random.Next(4) switch
        {
            0 => filter + "/#",
            1 when random.Next(5) == 0 => "#",
            _ => filter,
        };
    }

    private TopicState Add(TopicIndex index, string topic)
    {
        var publication = new Publication { Topic = Encoding.UTF8.GetBytes(topic), Publisher = PublisherIdentity.Broker };
        Message message = _pool.Create(publication, 0);
        TopicState state = index.FindOrAdd(message);
        message.Release();
        return state;
    }
}

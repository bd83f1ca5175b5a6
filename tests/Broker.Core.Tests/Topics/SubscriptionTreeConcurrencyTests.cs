using System.Text;
using Broker.Core.Topics;
using Xunit;

namespace Broker.Core.Tests.Topics;

public sealed class SubscriptionTreeConcurrencyTests
{
    [Fact]
    public async Task Threads_that_add_remove_and_match_at_once_leave_a_consistent_tree()
    {
        const int Threads = 4;
        const int Rounds = 3_000;
        var tree = new SubscriptionTree<TestEntry>(7);
        var kept = new TestEntry("all/#");
        tree.Add(kept);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        stop.CancelAfter(TimeSpan.FromSeconds(20));

        Task<List<TestEntry>>[] writers = [.. Enumerable.Range(0, Threads).Select(id => Task.Run(() => Write(tree, kept, id, Rounds, stop.Token), stop.Token))];
        List<TestEntry>[] left = await Task.WhenAll(writers);

        HashSet<TestEntry> expected = [kept, .. left.SelectMany(entries => entries)];
        Assert.Equal(expected.Count, tree.Count);
        var matches = new Matches<TestEntry>();
        foreach (TestEntry entry in expected)
        {
            matches.Clear();
            tree.Match(Encoding.UTF8.GetBytes(entry.Filter.Replace("+", "x").Replace("#", "x")), ref matches);
            Assert.Contains(entry, matches.Span.ToArray());
        }

        Assert.All(expected, tree.Remove);
        Assert.Equal(0, tree.NodeCount);
    }

    [Fact]
    public void A_match_does_not_wait_for_the_lock_that_a_change_takes()
    {
        var tree = new SubscriptionTree<TestEntry>(7);
        tree.Add(new TestEntry("a/+"));
        int found = 0;

        tree.Add(new AskedEntry("a/b", () => found = MatchElsewhere(tree, "a/b"))); // its filter is first asked for under the lock

        Assert.Equal(1, found);
    }

    [Fact]
    public async Task A_match_while_the_tree_grows_and_shrinks_finds_all_that_is_there_all_the_while()
    {
        const int Filters = 5_000;
        var tree = new SubscriptionTree<TestEntry>(7);
        TestEntry[] kept = [new("#"), new("x/#"), new("x/1/#"), new("x/1/+"), new("x/+/+"), new("x/1/2"), new("x/1/2")];
        foreach (TestEntry entry in kept) tree.Add(entry);
        bool isOver = false;
        Task reader = Task.Run(
            () =>
            {
                var matches = new Matches<TestEntry>();
                while (!Volatile.Read(ref isOver))
                {
                    matches.Clear();
                    tree.Match("x/1/2"u8, matches);
                    Assert.Equal(kept.Length, matches.Span.ToArray().Intersect(kept).Count());
                    Assert.All(matches.Span.ToArray(), entry => Assert.True(TopicFilter.Matches(Encoding.UTF8.GetBytes(entry.Filter), "x/1/2"u8)));
                }
            },
            TestContext.Current.CancellationToken);

        for (int round = 0; round < 5; round++)
        {
            TestEntry[] others = [.. Enumerable.Range(0, Filters).Select(i => new TestEntry(i % 10 == 0 ? "x/1/2" : $"x/{i}/{round}"))];
            foreach (TestEntry entry in others) tree.Add(entry);
            foreach (TestEntry entry in others) tree.Remove(entry);
        }

        Volatile.Write(ref isOver, true);
        await reader;
        Assert.Equal(kept.Length, tree.Count);
    }

    private static int MatchElsewhere(SubscriptionTree<TestEntry> tree, string topic)
    {
        var matches = new Matches<TestEntry>();
        var thread = new Thread(() => tree.Match(Encoding.UTF8.GetBytes(topic), matches));
        thread.Start();
        Assert.True(thread.Join(TimeSpan.FromSeconds(30)), "The match waits for the lock");
        return matches.Count;
    }

    private static List<TestEntry> Write(SubscriptionTree<TestEntry> tree, TestEntry kept, int id, int rounds, CancellationToken stop)
    {
        var random = new Random(id);
        var matches = new Matches<TestEntry>();
        var mine = new List<TestEntry>();
        for (int i = 0; i < rounds; i++)
        {
            stop.ThrowIfCancellationRequested();
            var entry = new TestEntry(random.Next(3) switch { 0 => $"all/{random.Next(200)}/+", 1 => $"all/{id}/{i}", _ => $"{random.Next(5)}/{i}/#" });
            tree.Add(entry);
            mine.Add(entry);
            if (random.Next(5) > 0 && mine.Count > 50)
            {
                int index = random.Next(mine.Count);
                tree.Remove(mine[index]);
                mine.RemoveAt(index);
            }

            matches.Clear();
            byte[] topic = Encoding.UTF8.GetBytes($"all/{random.Next(200)}/{i}");
            tree.Match(topic, ref matches);
            TestEntry[] found = matches.Span.ToArray();
            Assert.Contains(kept, found);
            Assert.All(found, entry => Assert.True(TopicFilter.Matches(Encoding.UTF8.GetBytes(entry.Filter), topic)));
            Assert.Distinct(found);
        }

        return mine;
    }

    private sealed class AskedEntry(string filter, Action asked) : TestEntry(filter)
    {
        private Action? _asked = asked;

        public override ReadOnlySpan<byte> Path
        {
            get
            {
                Action? first = _asked;
                _asked = null;
                first?.Invoke();
                return base.Path;
            }
        }
    }
}

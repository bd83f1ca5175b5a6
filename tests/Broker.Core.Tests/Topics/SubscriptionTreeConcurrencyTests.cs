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
        tree.Add("all/#"u8, kept);
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

    private static List<TestEntry> Write(SubscriptionTree<TestEntry> tree, TestEntry kept, int id, int rounds, CancellationToken stop)
    {
        var random = new Random(id);
        var matches = new Matches<TestEntry>();
        var mine = new List<TestEntry>();
        for (int i = 0; i < rounds; i++)
        {
            stop.ThrowIfCancellationRequested();
            var entry = new TestEntry(random.Next(3) switch { 0 => $"all/{random.Next(200)}/+", 1 => $"all/{id}/{i}", _ => $"{random.Next(5)}/{i}/#" });
            tree.Add(Encoding.UTF8.GetBytes(entry.Filter), entry);
            mine.Add(entry);
            if (random.Next(5) > 0 && mine.Count > 50)
            {
                int index = random.Next(mine.Count);
                tree.Remove(mine[index]);
                mine.RemoveAt(index);
            }

            matches.Clear();
            tree.Match(Encoding.UTF8.GetBytes($"all/{random.Next(200)}/{i}"), ref matches);
            Assert.Contains(kept, matches.Span.ToArray());
        }

        return mine;
    }
}

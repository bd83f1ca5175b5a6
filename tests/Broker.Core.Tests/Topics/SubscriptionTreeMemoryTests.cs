using Broker.Core.Topics;
using Xunit;

namespace Broker.Core.Tests.Topics;

[Collection(nameof(HeapMeasurement))]
public sealed class SubscriptionTreeMemoryTests
{
    [Theory]
    [InlineData(100_000, "line", 60)]
    [InlineData(150_000, "line", 60)]
    [InlineData(200_000, "line", 60)]
    [InlineData(100_000, "+", 150)]
    [InlineData(200_000, "+", 150)]
    public void A_filter_takes_few_bytes_beyond_its_entry(int count, string second, int most)
    {
        TestEntry[] entries = [.. Enumerable.Range(0, count).Select(i => new TestEntry($"site{i % 10}/{second}/dev{i}/temperature"))];
        long before = GC.GetTotalMemory(forceFullCollection: true);

        var tree = new SubscriptionTree<TestEntry>(3);
        foreach (TestEntry entry in entries)
        {
            tree.Add(entry);
        }

        long bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{bytes / (double)count:F1} bytes per filter, {tree.NodeCount / (double)count:F2} nodes");
        Assert.InRange(bytes, 1, (long)most * count);
        GC.KeepAlive(entries);
    }

    [Theory]
    [InlineData("a level of some length")]
    [InlineData("+")]
    public void A_tree_that_was_large_gives_its_memory_back(string second)
    {
        const int Count = 100_000;
        TestEntry[] entries = [.. Enumerable.Range(0, Count).Select(i => new TestEntry($"dev{i}/{second}/{i}"))];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var tree = new SubscriptionTree<TestEntry>(3);
        for (int round = 0; round < 3; round++)
        {
            foreach (TestEntry entry in entries)
            {
                tree.Add(entry);
            }

            foreach (TestEntry entry in entries)
            {
                tree.Remove(entry);
            }
        }

        long bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(bytes, long.MinValue, 100_000);
        GC.KeepAlive(tree);
        GC.KeepAlive(entries);
    }

    [Fact]
    public void Levels_that_come_and_go_do_not_pile_up()
    {
        var tree = new SubscriptionTree<TestEntry>(3);
        var kept = new TestEntry("kept/+");
        tree.Add(kept);
        long before = GC.GetTotalMemory(forceFullCollection: true);

        for (int i = 0; i < 50_000; i++)
        {
            var entry = new TestEntry($"{new string('x', i % 300)}/{i}/+");
            tree.Add(entry);
            tree.Remove(entry);
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 50_000);
        Assert.Equal(2, tree.NodeCount);
        GC.KeepAlive(kept);
    }
}

using System.Text;
using Broker.Core.Topics;
using Xunit;

namespace Broker.Core.Tests.Topics;

[Collection(nameof(HeapMeasurement))]
public sealed class SubscriptionTreeMemoryTests
{
    [Theory]
    [InlineData(100_000, 0)]
    [InlineData(100_000, 1)]
    [InlineData(150_000, 1)]
    [InlineData(200_000, 1)]
    public void A_filter_takes_at_most_150_bytes_beyond_its_entry(int count, int ownNodesPerFilter)
    {
        byte[][] filters = [.. Enumerable.Range(0, count).Select(i => Encoding.UTF8.GetBytes(
            ownNodesPerFilter == 0 ? $"site{i % 10}/line{i / 10 % 100}/temperature/{i / 1000}" : $"site{i % 10}/line{i / 10 % 100}/dev{i}/temperature"))];
        TestEntry[] entries = [.. filters.Select(_ => new TestEntry(""))];
        long before = GC.GetTotalMemory(forceFullCollection: true);

        var tree = new SubscriptionTree<TestEntry>(3);
        for (int i = 0; i < count; i++)
        {
            tree.Add(filters[i], entries[i]);
        }

        long bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{bytes / (double)count:F1} bytes per filter, {tree.NodeCount / (double)count:F2} nodes");
        Assert.InRange(bytes, 1, 150L * count);
        GC.KeepAlive(filters);
        GC.KeepAlive(entries);
    }

    [Fact]
    public void A_tree_that_was_large_gives_its_memory_back()
    {
        const int Count = 100_000;
        TestEntry[] entries = [.. Enumerable.Range(0, Count).Select(i => new TestEntry($"dev{i}/a level of some length/{i}"))];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var tree = new SubscriptionTree<TestEntry>(3);
        for (int round = 0; round < 3; round++)
        {
            foreach (TestEntry entry in entries)
            {
                tree.Add(Encoding.UTF8.GetBytes(entry.Filter), entry);
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
        tree.Add("kept/+"u8, kept);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var entry = new TestEntry("");

        for (int i = 0; i < 50_000; i++)
        {
            tree.Add(Encoding.UTF8.GetBytes($"{new string('x', i % 300)}/{i}"), entry);
            tree.Remove(entry);
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 50_000);
        Assert.Equal(2, tree.NodeCount);
        GC.KeepAlive(kept);
    }
}

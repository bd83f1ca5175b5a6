using Broker.Core.Protocol;
using Broker.Core.Storage;
using Xunit;

namespace Broker.Core.Tests.Storage;

public sealed class RecoveredEntriesTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 30)]
    [InlineData(3, 100)]
    public void It_holds_what_a_sorted_dictionary_holds(int seed, int percentInOrder)
    {
        var random = new Random(seed);
        var entries = new RecoveredEntries();
        var model = new SortedDictionary<long, ushort>();
        long last = 0;
        for (int step = 0; step < 5_000; step++)
        {
            long number = random.Next(100) < percentInOrder ? ++last : random.Next(1, 200);
            last = Math.Max(last, number);
            if (random.Next(2) == 0)
            {
                entries.Set(new RecoveredEntry(number, 7, QualityOfService.ExactlyOnce, false, 0, null, null, (ushort)step));
                model[number] = (ushort)step;
            }
            else
            {
                long removed = percentInOrder == 100 && model.Count > 0 ? model.Keys.First() : number;
                entries.Remove(removed);
                model.Remove(removed);
            }

            Assert.Equal(model.Count, entries.Count);
            Assert.Equal(model.TryGetValue(number, out ushort expected), entries.TryGet(number, out RecoveredEntry found));
            Assert.Equal(expected, found.IsRemoved ? (ushort)0 : found.PacketId);
        }

        var left = new List<(long, ushort)>();
        foreach (ref readonly RecoveredEntry entry in entries.Span)
        {
            if (!entry.IsRemoved) left.Add((entry.Number, entry.PacketId));
        }

        Assert.Equal(model.Select(pair => (pair.Key, pair.Value)), left);
    }
}

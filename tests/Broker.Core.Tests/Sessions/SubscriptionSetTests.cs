using System.Text;
using Broker.Core.Sessions;
using Xunit;

namespace Broker.Core.Tests.Sessions;

public sealed class SubscriptionSetTests
{
    private readonly SubscriptionSet _set = new();

    [Fact]
    public void It_does_what_a_dictionary_does()
    {
        var random = new Random(3);
        var model = new Dictionary<string, Subscription>(StringComparer.Ordinal);
        for (int i = 0; i < 60_000; i++)
        {
            bool grows = i / 10_000 % 2 == 0;
            string filter = $"f/{random.Next(700)}";
            byte[] utf8 = Encoding.UTF8.GetBytes(filter);
            Assert.Same(model.GetValueOrDefault(filter), _set.Find(utf8));
            if (random.Next(10) < (grows ? 7 : 2))
            {
                if (!model.TryAdd(filter, new Subscription(null!, utf8))) continue;
                _set.Add(model[filter]);
            }
            else
            {
                model.Remove(filter, out Subscription? expected);
                Assert.Same(expected, _set.Remove(utf8));
            }

            Assert.Equal(model.Count, _set.Count);
            if (i % 500 == 0) Assert.Equal(model.Values.ToHashSet(), _set.Values.ToHashSet());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(1_000)]
    public void What_is_taken_out_is_gone(int count)
    {
        for (int i = 0; i < count; i++) _set.Add(new Subscription(null!, Encoding.UTF8.GetBytes($"f/{i}")));

        Subscription[] taken = _set.Take();

        Assert.Equal(count, taken.Distinct().Count());
        Assert.Equal(0, _set.Count);
        Assert.Empty(_set.Values);
        Assert.Null(_set.Find("f/0"u8));
    }
}

using Broker.Core.Limits;
using Xunit;

namespace Broker.Core.Tests.Limits;

public sealed class TokenBucketTests
{
    [Fact]
    public void One_second_s_worth_may_come_at_once_and_not_one_more()
    {
        var bucket = default(TokenBucket);

        for (int i = 0; i < 5; i++) Assert.True(bucket.TryTake(5, 1_000));

        Assert.False(bucket.TryTake(5, 1_000));
        Assert.False(bucket.TryTake(5, 1_199));
        Assert.True(bucket.TryTake(5, 1_200));
        Assert.False(bucket.TryTake(5, 1_200));
    }

    [Fact]
    public void What_was_used_already_is_charged_in_full_and_says_how_long_to_wait()
    {
        var bucket = default(TokenBucket);

        Assert.Equal(0, bucket.Charge(100, 100, 0));
        Assert.Equal(10, bucket.Charge(1, 100, 0));
        Assert.Equal(2_010, bucket.Charge(200, 100, 0));
        Assert.Equal(0, bucket.Charge(0, 100, 2_010));
        Assert.Equal(10, bucket.Charge(1, 100, 2_010));
    }

    [Fact]
    public void The_average_is_the_rate_whatever_the_sizes()
    {
        var bucket = default(TokenBucket);
        var random = new Random(1);
        long now = 0;
        long used = 0;
        while (now < 600_000)
        {
            int amount = random.Next(1, 5_000);
            used += amount;
            now += bucket.Charge(amount, 1_000, now);
        }

        Assert.InRange(used, 600_000, 601_000 + 5_000);
    }

    [Fact]
    public void Nothing_is_saved_up_beyond_a_second()
    {
        var bucket = default(TokenBucket);
        bucket.TryTake(2, 0);

        Assert.True(bucket.TryTake(2, 3_600_000));
        Assert.True(bucket.TryTake(2, 3_600_000));
        Assert.False(bucket.TryTake(2, 3_600_000));
    }

    [Fact]
    public void No_debt_is_longer_than_an_hour()
    {
        var bucket = default(TokenBucket);

        Assert.InRange(bucket.Charge(long.MaxValue, 1, 0), 1, 3_600_000);
        Assert.True(bucket.IsFull(3_600_000));
    }
}

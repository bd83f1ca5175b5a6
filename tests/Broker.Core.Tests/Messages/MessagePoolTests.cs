using Broker.Core.Messages;
using Xunit;

namespace Broker.Core.Tests.Messages;

public sealed class MessagePoolTests
{
    private readonly TestMessages _messages = new();

    [Fact]
    public void A_message_lives_until_its_last_reference_is_released()
    {
        Message message = _messages.Create("x");
        message.AddReference();
        message.AddReference();

        for (int left = 3; left > 0; left--)
        {
            Assert.Equal(1, _messages.Pool.Live);
            Assert.Equal("x", TestMessages.TextOf(message));
            message.Release();
        }

        Assert.Equal(0, _messages.Pool.Live);
    }

    [Fact]
    public void A_message_that_is_made_of_an_old_one_has_nothing_of_it()
    {
        Message first = _messages.Create("secret", expiry: 5, topic: "first/topic");
        first.IsSuperseded = true;
        first.RetainedNumber = 7;
        first.Release();

        Message second = _messages.Create("y");

        Assert.Same(first, second);
        Assert.Equal("y", TestMessages.TextOf(second));
        Assert.Equal("a"u8, second.Topic);
        Assert.Equal((long.MaxValue, false, 0L), (second.ExpiresAt, second.IsSuperseded, second.RetainedNumber));
    }

    [Fact]
    public void Many_threads_may_hold_and_release()
    {
        Message message = _messages.Create("x");
        for (int i = 0; i < 4; i++) message.AddReference();

        Parallel.For(0, 4, _ =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                message.AddReference();
                Message other = _messages.Create("other");
                message.Release();
                other.Release();
            }

            message.Release();
        });

        Assert.Equal(1, _messages.Pool.Live);
        message.Release();
        Assert.Equal(0, _messages.Pool.Live);
    }

    [Theory]
    [InlineData(10, 0, 10u)]
    [InlineData(10, 1, 10u)]
    [InlineData(10, 1_000, 9u)]
    [InlineData(10, 9_001, 1u)]
    [InlineData(uint.MaxValue, 0, uint.MaxValue)]
    public void The_remaining_interval_is_rounded_up(uint seconds, long now, uint expected)
    {
        Message message = _messages.Create("x", expiry: seconds);

        Assert.Equal(expected, message.RemainingSeconds(now));
        Assert.False(message.HasExpired((1_000L * seconds) - 1));
        Assert.True(message.HasExpired(1_000L * seconds));
    }
}

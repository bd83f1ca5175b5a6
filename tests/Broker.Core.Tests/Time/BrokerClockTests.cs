using Broker.Core.Time;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Core.Tests.Time;

public sealed class BrokerClockTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly BrokerClock _clock;

    public BrokerClockTests() => _clock = new BrokerClock(_time);

    [Fact]
    public void It_stands_still_between_ticks()
    {
        _time.Advance(TimeSpan.FromMilliseconds(500));

        Assert.Equal(0, _clock.Now);
        Assert.Equal(500, _clock.Tick());
        Assert.Equal(500, _clock.Now);
    }

    [Fact]
    public void A_pause_counts_as_one_second()
    {
        _time.Advance(TimeSpan.FromHours(5));
        Assert.Equal(1_000, _clock.Tick());

        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(1_100, _clock.Tick());
    }

    [Fact]
    public void Fractions_of_a_millisecond_add_up()
    {
        for (int i = 0; i < 10_000; i++)
        {
            _time.Advance(TimeSpan.FromTicks(1_001));
            _clock.Tick();
        }

        Assert.Equal(1_001, _clock.Now);
    }

    [Fact]
    public void The_wall_clock_is_the_providers()
    {
        _time.Advance(TimeSpan.FromDays(1));

        Assert.Equal(_time.GetUtcNow(), _clock.UtcNow);
    }
}

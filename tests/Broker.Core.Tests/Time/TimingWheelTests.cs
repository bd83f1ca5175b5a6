using Broker.Core.Time;
using Xunit;

namespace Broker.Core.Tests.Time;

public sealed class TimingWheelTests
{
    private const long Year = 365L * 24 * 3600 * 1000;

    private readonly TimingWheel _wheel = new();
    private readonly List<string> _fired = [];

    [Fact]
    public void A_timer_fires_once_and_never_early()
    {
        Schedule("a", 1_050);

        Advance(1_049, expected: []);
        Advance(1_099, expected: []);
        Advance(1_100, expected: ["a"]);
        Advance(100_000, expected: []);
    }

    [Fact]
    public void A_timer_that_is_due_on_a_tick_fires_on_it()
    {
        Schedule("a", 1_000);

        Advance(999, expected: []);
        Advance(1_000, expected: ["a"]);
    }

    [Fact]
    public void Timers_fire_in_the_order_of_their_ticks_even_over_a_long_jump()
    {
        long[] dues = [10 * Year, 250, 6_400, 6_300, 6_500, 409_600, 409_500, 24 * 3600 * 1000, 100];
        foreach (long due in dues)
        {
            Schedule($"{due}", due);
        }

        Advance(11 * Year, [.. dues.Order().Select(due => $"{due}")]);
        Assert.Equal(0, _wheel.Count);
    }

    [Theory]
    [InlineData(136 * Year)]
    [InlineData(uint.MaxValue * 1_000L)]
    [InlineData(long.MaxValue - 200)]
    public void The_far_future_works(long due)
    {
        Advance(123_456_789, expected: []);
        Schedule("far", due);

        Advance(due - 1, expected: []);
        Advance(due + 100, expected: ["far"]);
    }

    [Fact]
    public void What_is_past_when_it_is_scheduled_fires_in_the_next_advance()
    {
        Advance(10_000, expected: []);
        Schedule("a", 9_000);
        Schedule("b", -5);
        Schedule("c", 10_000);

        Assert.Empty(_fired);
        Advance(10_000, expected: ["a", "b", "c"]);
    }

    [Fact]
    public void A_clock_that_goes_back_does_not_turn_the_wheel_back()
    {
        Advance(10_000, expected: []);
        Schedule("a", 5_000);
        Schedule("b", 10_100);

        Advance(4_000, expected: ["a"]);
        Schedule("c", 7_000);
        Advance(4_100, expected: ["c"]);
        Advance(10_099, expected: []);
        Advance(10_100, expected: ["b"]);
    }

    [Fact]
    public void Scheduling_again_moves_the_timer()
    {
        Timer a = Schedule("a", 1_000);
        _wheel.Schedule(a, 5_000);
        Timer b = Schedule("b", 9_000);
        _wheel.Schedule(b, 2_000);

        Assert.Equal(2, _wheel.Count);
        Advance(4_999, expected: ["b"]);
        Advance(5_000, expected: ["a"]);
    }

    [Fact]
    public void A_cancelled_timer_does_not_fire()
    {
        Timer timer = Schedule("a", 1_000);
        Assert.True(timer.IsScheduled);

        Assert.True(_wheel.Cancel(timer));
        Assert.False(_wheel.Cancel(timer));
        Assert.False(timer.IsScheduled);
        Advance(2_000, expected: []);
    }

    [Fact]
    public void Cancel_says_false_while_and_after_the_timer_fires()
    {
        bool? whileFiring = null;
        Timer timer = Schedule("a", 1_000);
        timer.Then = _ => whileFiring = _wheel.Cancel(timer);

        Advance(1_000, expected: ["a"]);

        Assert.False(whileFiring);
        Assert.False(_wheel.Cancel(timer));
    }

    [Fact]
    public void A_due_timer_can_still_be_cancelled_or_moved_by_one_that_fires_before_it()
    {
        Timer first = Schedule("first", 1_000);
        Timer cancelled = Schedule("cancelled", 2_000);
        Timer moved = Schedule("moved", 3_000);
        first.Then = _ =>
        {
            Assert.True(_wheel.Cancel(cancelled));
            _wheel.Schedule(moved, 60_000);
        };

        Advance(10_000, expected: ["first"]);
        Advance(60_000, expected: ["moved"]);
    }

    [Fact]
    public void A_timer_may_schedule_itself_again_and_fires_at_most_once_per_advance()
    {
        Timer timer = Schedule("a", 1_000);
        timer.Then = now => _wheel.Schedule(timer, now);

        Advance(5_000, expected: ["a"]);
        Advance(5_000, expected: ["a"]);
        timer.Then = now => _wheel.Schedule(timer, now + 1_000);
        Advance(5_000, expected: ["a"]);
        Advance(5_999, expected: []);
        Advance(6_000, expected: ["a"]);
    }

    [Fact]
    public void After_an_exception_the_others_fire_in_the_next_advance()
    {
        Schedule("bad", 1_000).Then = _ => throw new InvalidOperationException("bad");
        Schedule("good", 2_000);

        Assert.Throws<InvalidOperationException>(() => _wheel.Advance(5_000));
        _fired.Clear();
        Advance(5_000, expected: ["good"]);
    }

    [Fact]
    public void Waiting_timers_and_empty_years_cost_nothing_and_nothing_is_allocated()
    {
        Timer[] timers = [.. Enumerable.Range(0, 100_000).Select(i => new Timer($"{i}", _fired))];
        long now = 0;
        long allocated = AllocatedBytes.OfSteadyState(() =>
        {
            foreach (Timer timer in timers)
            {
                _wheel.Schedule(timer, now + (20 * Year));
            }

            // A million ticks, and jumps of years: a step per waiting timer would be 10^11 steps, a step per empty tick 5 x 10^9.
            for (int tick = 0; tick < 1_000_000; tick++)
            {
                _wheel.Advance(now += TimingWheel.TickMs);
            }

            for (int year = 1; year < 19; year++)
            {
                _wheel.Advance(now += Year);
            }
        });

        Assert.Equal(0, allocated);
        Assert.Empty(_fired);
        Assert.Equal(100_000, _wheel.Count);
    }

    [Fact]
    public async Task Threads_that_schedule_and_cancel_during_advances_lose_no_timer()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        stop.CancelAfter(TimeSpan.FromSeconds(20));
        int fired = 0;
        int cancelled = 0;
        int scheduled = 0;
        long now = 0;
        Task[] writers = [.. Enumerable.Range(0, 3).Select(seed => Task.Run(() => Write(seed), stop.Token))];
        Task all = Task.WhenAll(writers);

        while (!all.IsCompleted)
        {
            stop.Token.ThrowIfCancellationRequested();
            _wheel.Advance(Interlocked.Add(ref now, 100));
        }

        await all;
        _wheel.Advance(Year);

        Assert.Equal(0, _wheel.Count);
        Assert.Equal(scheduled, fired + cancelled);

        void Write(int seed)
        {
            var random = new Random(seed);
            for (int i = 0; i < 20_000; i++)
            {
                stop.Token.ThrowIfCancellationRequested();
                var timer = new CountingTimer(() => Interlocked.Increment(ref fired));
                _wheel.Schedule(timer, Interlocked.Read(ref now) + random.Next(100_000));
                Interlocked.Increment(ref scheduled);
                if (random.Next(2) == 0 && _wheel.Cancel(timer))
                {
                    Interlocked.Increment(ref cancelled);
                }
            }
        }
    }

    private Timer Schedule(string name, long due)
    {
        var timer = new Timer(name, _fired);
        _wheel.Schedule(timer, due);
        return timer;
    }

    private void Advance(long now, string[] expected)
    {
        _fired.Clear();
        _wheel.Advance(now);
        Assert.Equal(expected, _fired);
    }

    private sealed class Timer(string name, List<string> fired) : WheelTimer
    {
        public Action<long>? Then { get; set; }

        protected internal override void Expired(long nowMs)
        {
            fired.Add(name);
            Then?.Invoke(nowMs);
        }
    }

    private sealed class CountingTimer(Action fired) : WheelTimer
    {
        protected internal override void Expired(long nowMs) => fired();
    }
}

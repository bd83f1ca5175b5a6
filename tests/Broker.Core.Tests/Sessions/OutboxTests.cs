using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Core.Sessions;
using Broker.Core.Tests.Messages;
using Broker.Core.Time;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Core.Tests.Sessions;

public sealed class OutboxTests
{
    private readonly TestMessages _messages = new();
    private readonly FakeTimeProvider _time = new();
    private readonly BrokerClock _clock;

    public OutboxTests() => _clock = new BrokerClock(_time);

    [Fact]
    public void Both_lanes_leave_in_one_order_while_the_window_is_open()
    {
        Outbox outbox = Create(new());
        for (int i = 0; i < 20; i++) Add(outbox, $"{i}", (QualityOfService)(i % 3));

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), TakeAll(outbox, windowOpen: true));
        Assert.Equal((0, 0L), (outbox.Count, outbox.Bytes));
    }

    [Fact]
    public void QoS_0_leaves_while_the_window_is_closed()
    {
        Outbox outbox = Create(new());
        for (int i = 0; i < 6; i++) Add(outbox, $"{i}", (QualityOfService)(i % 2));

        Assert.Equal(["0", "2", "4"], TakeAll(outbox, windowOpen: false));
        Assert.Equal(["1", "3", "5"], TakeAll(outbox, windowOpen: true));
    }

    [Fact]
    public void Nothing_leaves_beyond_the_number_that_is_asked_for()
    {
        Outbox outbox = Create(new());
        Add(outbox, "0", QualityOfService.AtMostOnce);
        long end = outbox.NextNumber;
        Add(outbox, "1", QualityOfService.AtMostOnce);

        Assert.True(outbox.TryTake(true, end, out Delivery first));
        Assert.False(outbox.TryTake(true, end, out _));
        first.Message.Release();
        outbox.Clear();
        Assert.Equal(0, _messages.Pool.Live);
    }

    [Theory]
    [InlineData(OverflowPolicy.DropNewest)]
    [InlineData(OverflowPolicy.DropOldest)]
    public void Bounds_hold_and_no_reference_leaks(OverflowPolicy policy)
    {
        Outbox outbox = Create(new() { QueueMessages = 5, QueueBytes = 2_000, Overflow = policy });

        for (int i = 0; i < 100; i++)
        {
            Add(outbox, new string('x', i * 17 % 700), (QualityOfService)(i % 3));
            Assert.InRange(outbox.Count, 0, 5);
            Assert.InRange(outbox.Bytes, 0, 2_000);
            Assert.Equal(outbox.Count, _messages.Pool.Live);
        }

        outbox.Clear();
        Assert.Equal(0, _messages.Pool.Live);
    }

    [Fact]
    public void Looking_for_expired_messages_happens_at_most_once_a_second()
    {
        Outbox outbox = Create(new() { QueueMessages = 2 });
        Add(outbox, "1", QualityOfService.AtLeastOnce, expiry: 1);
        Add(outbox, "2", QualityOfService.AtLeastOnce, expiry: 2);
        Assert.False(outbox.HasRoom(1));

        Tick(900);
        Assert.False(outbox.HasRoom(1));
        Tick(100);
        Assert.True(outbox.HasRoom(1));
        Assert.Equal(1, outbox.TakePurged());
        Assert.Equal(0, outbox.TakePurged());
        outbox.Clear();
    }

    [Fact]
    public void Dropping_QoS_0_leaves_the_others()
    {
        Outbox outbox = Create(new());
        for (int i = 0; i < 6; i++) Add(outbox, $"{i}", (QualityOfService)(i % 2));

        Assert.Equal(3, outbox.DropUnacknowledged());

        Assert.Equal(3, _messages.Pool.Live);
        Assert.Equal(["1", "3", "5"], TakeAll(outbox, windowOpen: true));
        Assert.Equal(0, outbox.Bytes);
    }

    [Fact]
    public void What_came_through_a_shared_group_is_taken_out_in_order()
    {
        Outbox outbox = Create(new());
        var group = new SharedGroup("$share/g/a", "a"u8.ToArray(), isChangeOnly: false, environment: null!);
        for (int i = 0; i < 6; i++) Add(outbox, $"{i}", QualityOfService.AtLeastOnce, group: i % 2 == 0 ? group : null);

        List<Delivery> taken = [];
        outbox.TakeShared(taken, except: null);

        Assert.Equal(["0", "2", "4"], taken.Select(d => TestMessages.TextOf(d.Message)));
        Assert.Equal(["1", "3", "5"], TakeAll(outbox, windowOpen: true));
        Assert.Equal(0, outbox.Bytes);
        taken.ForEach(d => d.Message.Release());
        Assert.Equal(0, _messages.Pool.Live);
    }

    private Outbox Create(BrokerLimits limits) => new(new LimitsInForce(limits), _clock);

    private void Tick(int milliseconds)
    {
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        _clock.Tick();
    }

    private void Add(Outbox outbox, string payload, QualityOfService qos, uint? expiry = null, SharedGroup? group = null)
    {
        var delivery = new Delivery(_messages.Create(payload, expiry: expiry, now: _clock.Now), qos, retain: false, group: group);
        if (outbox.TryAdd(delivery, out _) == DeliverOutcome.QueueFull) delivery.Message.Release();
    }

    private static List<string> TakeAll(Outbox outbox, bool windowOpen)
    {
        List<string> texts = [];
        while (outbox.TryTake(windowOpen, long.MaxValue, out Delivery delivery))
        {
            texts.Add(TestMessages.TextOf(delivery.Message));
            delivery.Message.Release();
        }

        return texts;
    }
}

using System.Text;
using Broker.Core.ChangeDetection;
using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Sessions;
using Broker.Core.Telemetry;
using Broker.Core.Tests.Messages;
using Broker.Core.Time;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Broker.Core.Tests.Sessions;

public sealed class RetainedReplayTests : IDisposable
{
    private readonly TestMessages _messages = new();
    private readonly BrokerMetrics _metrics = new();
    private readonly Subscription _subscription;

    public RetainedReplayTests()
    {
        var limits = new LimitsInForce(new BrokerLimits());
        var values = new LastValues(limits, new ChangeRules([]), new MessagePool(), 1, 2);
        var environment = new SessionEnvironment(limits, new BrokerClock(TimeProvider.System), new TimingWheel(), new AllowAll(), values, _metrics, NullLogger.Instance, new NoAudit());
        _subscription = new Subscription(new Session(1, PublisherIdentity.Broker, environment, _ => { }), "#"u8.ToArray());
        Grant(QualityOfService.ExactlyOnce);
    }

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public void Messages_come_retained_at_the_lower_QoS()
    {
        Grant(QualityOfService.AtLeastOnce);
        using RetainedReplay replay = Create(_messages.Create("0", QualityOfService.AtMostOnce), _messages.Create("2", QualityOfService.ExactlyOnce));

        Assert.Equal([("0", QualityOfService.AtMostOnce), ("2", QualityOfService.AtLeastOnce)], Take(replay, windowOpen: true));
        Assert.True(replay.IsFinished);
        Assert.Equal(0, _messages.Pool.Live);
    }

    [Fact]
    public void It_waits_for_the_window_and_goes_on_where_it_stopped()
    {
        using RetainedReplay replay = Create(_messages.Create("0", QualityOfService.AtMostOnce), _messages.Create("1"), _messages.Create("2"));

        Assert.Equal(["0"], Take(replay, windowOpen: false).Select(m => m.Text));
        Assert.False(replay.IsFinished);
        Assert.Equal(["1", "2"], Take(replay, windowOpen: true).Select(m => m.Text));
    }

    [Fact]
    public void What_expired_or_was_replaced_meanwhile_is_skipped_and_released()
    {
        Message replaced = _messages.Create("replaced");
        using RetainedReplay replay = Create(_messages.Create("expired", expiry: 1), replaced, _messages.Create("x"));
        replaced.IsSuperseded = true;

        Assert.Equal(["x"], Take(replay, windowOpen: true, now: 1_000).Select(m => m.Text));
        Assert.Equal(0, _messages.Pool.Live);
    }

    [Fact]
    public void What_is_left_is_released_with_it()
    {
        RetainedReplay replay = Create(_messages.Create("1"), _messages.Create("2"));

        replay.Dispose();

        Assert.True(replay.IsFinished);
        Assert.False(replay.TryTake(true, 0, out _));
        Assert.Equal(0, _messages.Pool.Live);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(RetainedMessages.SearchPage)]
    [InlineData((3 * RetainedMessages.SearchPage) + 1)]
    public void A_long_list_is_fetched_page_by_page_and_nothing_retained_later_is_in_it(int count)
    {
        var retained = new RetainedMessages(new LimitsInForce(new BrokerLimits()), new TimingWheel(), 1);
        Store(retained, "before", count);
        using var replay = new RetainedReplay(_subscription, retained, Encoding.UTF8.GetBytes("#"));
        Store(retained, "after", 50);

        List<(string Text, QualityOfService Qos)> taken = Take(replay, windowOpen: true);

        Assert.Equal(count, taken.Count);
        Assert.All(taken, m => Assert.Equal("before", m.Text));
        Assert.Equal(count + 50, _messages.Pool.Live);
    }

    private void Store(RetainedMessages retained, string text, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Message message = _messages.Create(text, topic: $"{text}/{i}");
            Assert.True(retained.TryStore(message));
            message.Release();
        }
    }

    private void Grant(QualityOfService qos) => _subscription.Change(new SubscriptionOptions(qos, false, false, RetainHandling.Send), 0);

    private RetainedReplay Create(params Message[] messages) => new(_subscription, messages);

    private static List<(string Text, QualityOfService Qos)> Take(RetainedReplay replay, bool windowOpen, long now = 0)
    {
        List<(string, QualityOfService)> taken = [];
        while (replay.TryTake(windowOpen, now, out ReplayStep step))
        {
            Delivery delivery = step.Delivery;
            Assert.True(delivery.Retain);
            taken.Add((TestMessages.TextOf(delivery.Message), delivery.Qos));
            delivery.Message.Release();
        }

        return taken;
    }
}

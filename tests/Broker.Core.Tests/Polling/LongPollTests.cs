using Broker.Core.ChangeDetection;
using Broker.Core.Limits;
using Broker.Core.Polling;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Core.Tests.Polling;

public sealed class LongPollTests
{
    private static readonly TimeSpan _wait = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_change_ends_the_wait_and_nothing_else_does()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.Publish("t", "1");
        Task<PollResult> poll = broker.PollForChange("t", _wait);

        client.Publish("t", "1");
        client.Publish("t", "1", properties: new Properties().User("seen", "2"));
        client.Publish("other", "2");
        broker.Advance(TimeSpan.FromSeconds(20));
        Assert.False(poll.IsCompleted);
        Assert.Equal(1, broker.Broker.Polling.WaitingCount);
        client.Publish("t", "2");

        Assert.Equal("2", (await poll.InTime()).Text());
        Assert.Equal(0, broker.Broker.Polling.WaitingCount);
    }

    [Fact]
    public async Task The_value_that_ended_the_wait_is_the_answer_even_if_it_is_gone_again()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.Publish("t", "1");
        Task<PollResult> poll = broker.PollForChange("t", _wait);

        client.Publish("t", "2");
        client.Publish("t", "1");

        Assert.Equal("2", (await poll.InTime()).Text());
    }

    [Fact]
    public async Task Another_content_type_is_a_change()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.Publish("t", "1");
        Task<PollResult> poll = broker.PollForChange("t", _wait);

        client.Publish("t", "1", properties: new Properties().ContentType("text/plain"));

        using TopicValue value = (await poll.InTime()).Value!;
        Assert.Equal("text/plain", value.ContentType);
        Assert.Equal(1, value.Version);
    }

    [Fact]
    public async Task Without_a_change_the_value_is_not_modified_when_the_time_is_over_and_not_before()
    {
        using var broker = new TestBroker();
        broker.Connect("c").Publish("t", "1");
        Task<PollResult> poll = broker.PollForChange("t", _wait);

        broker.Advance(_wait - TimeSpan.FromMilliseconds(100));
        Assert.False(poll.IsCompleted);
        broker.Advance(TimeSpan.FromMilliseconds(300));
        PollResult result = await poll.InTime();

        Assert.Equal(PollStatus.NotModified, result.Status);
        result.Value!.Dispose();
        Assert.Equal(0, broker.Broker.Context.Values.Watchers.Count);
        Assert.Equal(0, broker.Broker.Context.Values.Watchers.TopicCount);
    }

    [Fact]
    public async Task Nobody_waits_longer_than_the_limit()
    {
        using var broker = new TestBroker(new BrokerLimits { PollWait = TimeSpan.FromSeconds(2) });
        broker.Connect("c").Publish("t", "1");
        Task<PollResult> poll = broker.PollForChange("t", TimeSpan.FromDays(1));

        broker.Advance(TimeSpan.FromSeconds(3));

        (await poll.InTime()).Value!.Dispose();
    }

    [Fact]
    public async Task Who_has_nothing_gets_what_is_there_at_once_or_waits_for_the_first_value()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.Publish("there", "1");

        Task<PollResult> atOnce = broker.Poll("there", _wait, KnownTags.None);
        Task<PollResult> first = broker.Poll("new", _wait, KnownTags.None);
        Task<PollResult> never = broker.Poll("never", TimeSpan.FromSeconds(1), KnownTags.None);

        Assert.True(atOnce.IsCompleted);
        Assert.Equal("1", (await atOnce).Text());
        client.Publish("new", "2");
        Assert.Equal("2", (await first.InTime()).Text());
        broker.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(PollStatus.Unknown, (await never.InTime()).Status);
    }

    [Fact]
    public async Task Who_has_any_value_waits_for_the_next_one()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.Publish("t", "1");
        Task<PollResult> poll = broker.Poll("t", _wait, KnownTags.None with { IsAny = true });

        client.Publish("t", "1");
        Assert.False(poll.IsCompleted);
        client.Publish("t", "2");

        Assert.Equal("2", (await poll.InTime()).Text());
    }

    [Fact]
    public async Task A_value_that_is_removed_ends_the_wait_of_those_who_had_it()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.Publish("t", "1", retain: true);
        Task<PollResult> poll = broker.PollForChange("t", _wait);

        client.Publish("t", "", retain: true);

        Assert.Equal(PollStatus.Unknown, (await poll.InTime()).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_caller_that_is_gone_or_asked_to_go_leaves_nothing_behind(bool isAsked)
    {
        using var broker = new TestBroker();
        broker.Connect("c").Publish("t", "1");
        int timers = broker.Broker.Context.Wheel.Count;
        using var gone = new CancellationTokenSource();
        Task<PollResult> poll = broker.PollUntilGone("t", _wait, isAsked ? default : gone.Token, isAsked ? gone.Token : default);
        Assert.Equal(timers + 1, broker.Broker.Context.Wheel.Count);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => poll.InTime());
        Assert.Equal(0, broker.Broker.Context.Values.Watchers.Count);
        Assert.Equal(0, broker.Broker.Context.Values.Watchers.TopicCount);
        Assert.Equal(0, broker.Broker.Polling.WaitingCount);
        Assert.Equal(timers, broker.Broker.Context.Wheel.Count);
    }

    [Fact]
    public async Task One_publication_ends_the_wait_of_a_thousand()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.Publish("t", "1");
        long live = broker.Broker.Context.Messages.Live;
        Task<PollResult>[] polls = [.. Enumerable.Range(0, 1_000).Select(_ => broker.PollForChange("t", _wait))];

        client.Publish("t", "2");

        foreach (Task<PollResult> poll in polls) Assert.Equal("2", (await poll.InTime()).Text());
        Assert.Equal(0, broker.Broker.Context.Values.Watchers.TopicCount);
        Assert.Equal(live, broker.Broker.Context.Messages.Live);
    }

    [Fact]
    public async Task More_than_the_limit_may_not_wait()
    {
        using var broker = new TestBroker(new BrokerLimits { WaitingPolls = 2 });
        TestClient client = broker.Connect("c");
        client.Publish("t", "1");
        Task<PollResult>[] polls = [.. Enumerable.Range(0, 2).Select(_ => broker.PollForChange("t", _wait))];

        Assert.Equal(PollStatus.TooManyWaiting, (await broker.PollForChange("t", _wait).InTime()).Status);
        client.Publish("t", "2");
        foreach (Task<PollResult> poll in polls) (await poll.InTime()).Value!.Dispose();
        Task<PollResult> later = broker.PollForChange("t", _wait);

        Assert.False(later.IsCompleted);
        client.Publish("t", "3");
        Assert.Equal("3", (await later.InTime()).Text());
    }

    [Fact]
    public async Task When_the_broker_stops_nobody_waits_any_more()
    {
        using var broker = new TestBroker();
        broker.Connect("c").Publish("t", "1");
        ValueTag tag = broker.TagOf("t");
        Task<PollResult> poll = broker.PollForChange("t", _wait);

        await broker.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(PollStatus.Stopping, (await poll.InTime()).Status);
        Assert.Equal(PollStatus.Stopping, (await broker.Poll("t", _wait, new KnownTags([tag], IsAny: false)).InTime()).Status);
        Assert.Equal("1", broker.Read("t").Text());
    }

    [Fact]
    public async Task No_change_is_missed_between_the_look_and_the_wait()
    {
        using var broker = new TestBroker();
        await broker.Put("t", "0");
        const int Changes = 20_000;
        Task publishing = Task.Run(async () =>
        {
            for (int i = 1; i <= Changes; i++) await broker.Put("t", i.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }, TestContext.Current.CancellationToken);

        // Every poll asks with what the one before it got: where a change were missed, one would wait for good.
        KnownTags known = KnownTags.None;
        for (int last = -1; last < Changes;)
        {
            using TopicValue value = (await broker.Poll("t", _wait, known).InTime()).Value!;
            int number = int.Parse(System.Text.Encoding.UTF8.GetString(value.Payload), System.Globalization.CultureInfo.InvariantCulture);
            Assert.True(number > last, $"{number} after {last}");
            last = number;
            known = new KnownTags([value.Tag], IsAny: false);
        }

        await publishing;
    }
}

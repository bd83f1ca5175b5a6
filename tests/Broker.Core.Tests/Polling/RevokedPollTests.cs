using Broker.Core.Polling;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Core.Tests.Polling;

/// <summary>A right that is taken away ends polling too, also polls that are waiting.</summary>
public sealed class RevokedPollTests
{
    private const string Everything = "allow * #";
    private static readonly TimeSpan _wait = TimeSpan.FromSeconds(10);

    [Fact]
    public void A_value_is_no_longer_read()
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        broker.Connect("p").Publish("secret", "1");
        Assert.Equal("1", broker.Read("secret").Text());

        rights.Change(broker, Everything, "deny receive secret");

        Assert.Equal(PollStatus.NotAuthorized, broker.Read("secret").Status);
    }

    [Theory]
    [InlineData("deny receive secret")]
    [InlineData("deny subscribe secret")]
    public async Task A_long_poll_that_waits_is_not_told_the_change(string rule)
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        TestClient publisher = broker.Connect("p");
        publisher.Publish("secret", "1");
        Task<PollResult> poll = broker.PollForChange("secret", _wait);

        rights.Change(broker, Everything, rule);
        publisher.Publish("secret", "2");

        PollResult result = await poll.InTime();
        Assert.Equal((PollStatus.NotAuthorized, null), (result.Status, result.Value));
    }

    [Fact]
    public async Task A_long_poll_whose_time_is_over_tells_nothing_of_the_topic()
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        broker.Connect("p").Publish("secret", "1");
        Task<PollResult> poll = broker.PollForChange("secret", _wait);

        rights.Change(broker, Everything, "deny receive secret");
        broker.Advance(_wait + TimeSpan.FromSeconds(1));

        PollResult result = await poll.InTime();
        Assert.Equal((PollStatus.NotAuthorized, null), (result.Status, result.Value));
    }

    [Fact]
    public void A_list_goes_on_without_the_topics_whose_right_was_taken_away()
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        TestClient publisher = broker.Connect("p");
        publisher.Publish("open", "1");
        publisher.Publish("secret", "1");
        Assert.Equal(PollStatus.Ok, broker.Broker.Polling.List(PollSteps.Caller, "#", null, 100, out TopicPage? page));
        string cursor = page!.Cursor;
        page.Dispose();

        rights.Change(broker, Everything, "deny receive secret");
        publisher.Publish("open", "2");
        publisher.Publish("secret", "2");
        Assert.Equal(PollStatus.Ok, broker.Broker.Polling.List(PollSteps.Caller, "#", cursor, 100, out page));

        using (page) Assert.Equal(["open"], page!.Topics.Select(topic => System.Text.Encoding.UTF8.GetString(topic.Topic)));
        rights.Change(broker, Everything, "deny subscribe secret");
        Assert.Equal(PollStatus.NotAuthorized, broker.Broker.Polling.List(PollSteps.Caller, "#", cursor, 100, out _));
    }

    [Fact]
    public async Task The_response_to_a_request_is_kept_from_who_may_no_longer_ask()
    {
        var rights = new TestRights(Everything);
        using TestBroker broker = rights.Broker();
        TestClient responder = broker.Connect("responder");
        responder.Subscribe("ask");
        Task<ResponseResult> request = broker.Broker.Polling.RequestAsync(
            PollSteps.Caller, new TopicPublication { Topic = PollSteps.Utf8("ask"), Payload = PollSteps.Utf8("?") }, _wait, CancellationToken.None).AsTask();
        string topic = responder.Expect<ServerPacket.Publish>().Properties.Text(PropertyId.ResponseTopic)!;

        rights.Change(broker, Everything, "deny publish ask");
        responder.Publish(topic, "the answer");

        ResponseResult result = await request.InTime();
        Assert.Equal((PollStatus.NotAuthorized, null), (result.Status, result.Response));
    }

    [Fact]
    public async Task Publishing_is_asked_for_with_QoS_and_RETAIN()
    {
        using TestBroker broker = new TestRights("allow publish t qos<=1 retain=no").Broker();

        Assert.Equal(PollStatus.Ok, await broker.Put("t", "1", QualityOfService.AtLeastOnce));
        Assert.Equal(PollStatus.NotAuthorized, await broker.Put("t", "1", QualityOfService.ExactlyOnce));
        Assert.Equal(PollStatus.NotAuthorized, await broker.Put("t", "1", retain: true));
    }
}

using System.Text;
using Broker.Core.Limits;
using Broker.Core.Polling;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Core.Tests.Polling;

public sealed class PublishAndRequestTests
{
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task What_is_published_reaches_subscribers_with_qos_and_content_type()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.Subscribe("t", QualityOfService.AtLeastOnce);

        PollStatus status = await broker.Broker.Polling.PublishAsync(PollSteps.Caller, new TopicPublication
        {
            Topic = PollSteps.Utf8("t"),
            Payload = PollSteps.Utf8("1"),
            Qos = QualityOfService.AtLeastOnce,
            ContentType = "text/plain",
        });

        Assert.Equal(PollStatus.Ok, status);
        ServerPacket.Publish message = client.Expect<ServerPacket.Publish>();
        Assert.Equal(("t", "1", QualityOfService.AtLeastOnce, "text/plain"), (message.Topic, message.Text, message.Qos, message.Properties.Text(PropertyId.ContentType)));
        Assert.Equal("1", broker.Read("t").Text());
    }

    [Fact]
    public async Task What_nobody_subscribes_to_is_published_all_the_same()
    {
        using var broker = new TestBroker();

        Assert.Equal(PollStatus.Ok, await broker.Put("t", "1", retain: true));
        TestClient client = broker.Connect("c");
        client.Subscribe("t");

        Assert.True(client.Expect<ServerPacket.Publish>().Retain);
    }

    [Theory]
    [InlineData("$SYS/broker/version", PollStatus.NotAuthorized)]
    [InlineData("$presence/c", PollStatus.NotAuthorized)]
    [InlineData("$responses", PollStatus.NotAuthorized)]
    [InlineData("secret/t", PollStatus.NotAuthorized)]
    [InlineData("a/+", PollStatus.InvalidTopic)]
    [InlineData("", PollStatus.InvalidTopic)]
    [InlineData("$dev/x", PollStatus.Ok)]
    public async Task Topics_that_a_client_may_not_publish_to_are_refused(string topic, PollStatus status)
    {
        using var broker = new TestBroker(configure: parts => parts with { Authorizer = new Deny(AccessAction.Publish, "secret/") });

        Assert.Equal(status, await broker.Put(topic, "1"));
    }

    [Fact]
    public async Task Bounds_are_told_apart()
    {
        using var broker = new TestBroker(new BrokerLimits { RetainedMessages = 1, PacketBytes = 128 });

        Assert.Equal(PollStatus.Ok, await broker.Put("a", new string('x', 128), retain: true));
        Assert.Equal(PollStatus.QuotaExceeded, await broker.Put("b", "1", retain: true));
        Assert.Equal(PollStatus.TooLarge, await broker.Put("a", new string('x', 129)));
        await broker.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(PollStatus.Stopping, await broker.Put("a", "1"));
    }

    [Fact]
    public async Task The_first_response_is_the_answer_and_later_ones_find_nobody()
    {
        using var broker = new TestBroker();
        TestClient responder = broker.Connect("r");
        responder.Subscribe("add", QualityOfService.AtLeastOnce);
        Task<ResponseResult> asking = Ask(broker, "add", "1+1");

        ServerPacket.Publish request = responder.Expect<ServerPacket.Publish>();
        string topic = request.Properties.Text(PropertyId.ResponseTopic)!;
        Assert.StartsWith("$responses/http/", topic, StringComparison.Ordinal);
        Assert.Equal(22, topic["$responses/http/".Length..].Length);
        Assert.Equal(5u, request.Properties.Number(PropertyId.MessageExpiryInterval));
        Assert.Equal("1+1", request.Text);
        ReasonCode first = Answer(responder, request, "2", id: 7);
        ReasonCode second = Answer(responder, request, "3", id: 8);

        using MessageLease response = (await asking.InTime()).Response!;
        Assert.Equal("2", Encoding.UTF8.GetString(response.Payload));
        Assert.Equal("text/plain", response.ContentType);
        Assert.Equal((ReasonCode.Success, ReasonCode.NoMatchingSubscribers), (first, second));
        Assert.Equal(0, broker.Broker.Context.Router.Responses.Count);
        Assert.Equal(PollStatus.Unknown, broker.Read(topic).Status);
    }

    [Fact]
    public async Task Nobody_else_sees_a_response_and_nothing_of_it_stays()
    {
        using var broker = new TestBroker();
        TestClient responder = broker.Connect("r");
        responder.Subscribe("add");
        TestClient spy = broker.Connect("spy");
        foreach (string filter in new[] { "#", "$responses/#", "$responses/http/+", "$changes/$responses/#" }) spy.Subscribe(filter);
        Task<ResponseResult> asking = Ask(broker, "add", "1+1");
        ServerPacket.Publish seen = spy.Expect<ServerPacket.Publish>(); // the request itself, which "#" matches
        int retained = broker.Broker.Context.Retained.Count;

        responder.Publish(responder.Expect<ServerPacket.Publish>().Properties.Text(PropertyId.ResponseTopic)!, "2", retain: true);

        (await asking.InTime()).Response!.Dispose();
        Assert.Equal("add", seen.Topic);
        spy.ExpectNothing();
        Assert.Equal(retained, broker.Broker.Context.Retained.Count);
    }

    [Theory]
    [InlineData("$responses/http/guess")]
    [InlineData("$responses/http/")]
    [InlineData("$responses/")]
    public async Task A_guessed_name_reaches_nobody(string topic)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.Subscribe("add");
        Task<ResponseResult> asking = Ask(broker, "add", "1+1");
        client.Expect<ServerPacket.Publish>();

        client.Send(ClientPackets.Publish(client.Version, topic, "forged", QualityOfService.AtLeastOnce, 3, retain: true));

        Assert.Equal(ReasonCode.NoMatchingSubscribers, client.Expect<ServerPacket.PubAck>().ReasonCode);
        Assert.False(asking.IsCompleted);
        broker.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(PollStatus.TimedOut, (await asking.InTime()).Status);
    }

    [Fact]
    public void A_will_on_a_response_topic_is_refused()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Open();

        client.Send(ClientPackets.Connect(new ConnectOptions { ClientId = "w", Will = new WillOptions("$responses/http/x", "forged"u8.ToArray()) }));

        Assert.Equal(ReasonCode.NotAuthorized, client.Expect<ServerPacket.ConnAck>().ReasonCode);
    }

    [Fact]
    public async Task A_response_with_other_correlation_data_is_none_and_one_without_is()
    {
        using var broker = new TestBroker();
        TestClient responder = broker.Connect("r");
        responder.Subscribe("add");
        Task<ResponseResult> asking = Ask(broker, "add", "1+1");
        string topic = responder.Expect<ServerPacket.Publish>().Properties.Text(PropertyId.ResponseTopic)!;

        responder.Publish(topic, "wrong", properties: new Properties().CorrelationData([1, 2, 3]));
        Assert.False(asking.IsCompleted);
        responder.Publish(topic, "right");

        using MessageLease response = (await asking.InTime()).Response!;
        Assert.Equal("right", Encoding.UTF8.GetString(response.Payload));
    }

    [Fact]
    public async Task A_request_that_nobody_subscribes_to_is_answered_at_once()
    {
        using var broker = new TestBroker();

        Assert.Equal(PollStatus.NoSubscribers, (await Ask(broker, "add", "1+1").InTime()).Status);
        Assert.Equal(0, broker.Broker.Polling.WaitingCount);
    }

    [Fact]
    public async Task A_response_that_is_late_finds_nobody()
    {
        using var broker = new TestBroker();
        TestClient responder = broker.Connect("r");
        responder.Subscribe("add", QualityOfService.AtLeastOnce);
        Task<ResponseResult> asking = Ask(broker, "add", "1+1");
        ServerPacket.Publish request = responder.Expect<ServerPacket.Publish>();

        broker.Advance(TimeSpan.FromSeconds(4));
        Assert.False(asking.IsCompleted);
        broker.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(PollStatus.TimedOut, (await asking.InTime()).Status);
        Assert.Equal(ReasonCode.NoMatchingSubscribers, Answer(responder, request, "2", id: 9));
    }

    [Fact]
    public async Task A_caller_that_is_gone_waits_for_no_response_and_a_stopping_broker_has_none()
    {
        using var broker = new TestBroker();
        broker.Connect("r").Subscribe("add");
        using var gone = new CancellationTokenSource();
        Task<ResponseResult> cancelled = AskUntilGone(broker, "add", "1", gone.Token);
        Task<ResponseResult> stopped = Ask(broker, "add", "2");

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.InTime());
        await broker.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(PollStatus.Stopping, (await stopped.InTime()).Status);
        Assert.Equal(0, broker.Broker.Context.Router.Responses.Count);
        Assert.Equal(0, broker.Broker.Polling.WaitingCount);
    }

    [Fact]
    public async Task Requests_count_with_long_polls()
    {
        using var broker = new TestBroker(new BrokerLimits { WaitingPolls = 1 });
        broker.Connect("r").Subscribe("add");
        Task<ResponseResult> first = Ask(broker, "add", "1");

        Assert.Equal(PollStatus.TooManyWaiting, (await Ask(broker, "add", "2").InTime()).Status);
        broker.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(PollStatus.TimedOut, (await first.InTime()).Status);
    }

    private static Task<ResponseResult> Ask(TestBroker broker, string topic, string payload) => AskUntilGone(broker, topic, payload, CancellationToken.None);

    private static Task<ResponseResult> AskUntilGone(TestBroker broker, string topic, string payload, CancellationToken gone) =>
        broker.Broker.Polling.RequestAsync(
            PollSteps.Caller,
            new TopicPublication { Topic = PollSteps.Utf8(topic), Payload = PollSteps.Utf8(payload), Qos = QualityOfService.AtLeastOnce },
            _timeout,
            gone).AsTask();

    private static ReasonCode Answer(TestClient responder, ServerPacket.Publish request, string payload, ushort id)
    {
        Properties properties = new Properties().ContentType("text/plain").CorrelationData(request.Properties.Bytes(PropertyId.CorrelationData)!);
        responder.Send(ClientPackets.Publish(
            responder.Version, request.Properties.Text(PropertyId.ResponseTopic)!, payload, QualityOfService.AtLeastOnce, id, properties: properties));
        return responder.Expect<ServerPacket.PubAck>().ReasonCode;
    }
}

using System.Diagnostics;
using System.Net;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Polling;

public sealed class RequestTests() : PollingCase("--Broker:Limits:PacketBytes", "1000")
{
    [Fact]
    public async Task The_first_response_of_an_mqtt_client_is_the_answer()
    {
        await using WireClient responder = await ConnectAsync();
        await responder.SubscribeAsync("calc/add", QualityOfService.AtLeastOnce);
        Task<HttpResponseMessage> asking = SendAsync(HttpMethod.Post, "/requests/calc/add?timeout=20", "[1,2]"u8.ToArray(), "application/json");

        ServerPacket.Publish request = await responder.ExpectAsync<ServerPacket.Publish>();
        Assert.Equal(("calc/add", "[1,2]", QualityOfService.AtLeastOnce), (request.Topic, request.Text, request.Qos));
        Assert.Equal("application/json", request.Properties.Text(PropertyId.ContentType));
        Properties properties = new Properties().CorrelationData(request.Properties.Bytes(PropertyId.CorrelationData)!).ContentType("application/json");
        await responder.SendAsync(ClientPackets.Publish(
            ProtocolVersion.V5, request.Properties.Text(PropertyId.ResponseTopic)!, "3", QualityOfService.AtLeastOnce, 1, properties: properties));
        ServerPacket.PubAck ack = await responder.ExpectAsync<ServerPacket.PubAck>();
        using HttpResponseMessage answer = await asking;

        Assert.Equal(ReasonCode.Success, ack.ReasonCode);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("3", await TextAsync(answer));
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.ToString());
        Assert.True(answer.Headers.CacheControl!.NoStore);
    }

    [Fact]
    public async Task Requests_at_the_same_time_get_their_own_answers()
    {
        await using WireClient responder = await ConnectAsync();
        await responder.SubscribeAsync("echo");
        Task<HttpResponseMessage>[] asking =
            [.. Enumerable.Range(0, 20).Select(i => SendAsync(HttpMethod.Post, "/requests/echo?timeout=20", [(byte)i]))];

        for (int i = 0; i < asking.Length; i++)
        {
            ServerPacket.Publish request = await responder.ExpectAsync<ServerPacket.Publish>();
            await responder.SendAsync(ClientPackets.Publish(ProtocolVersion.V5, request.Properties.Text(PropertyId.ResponseTopic)!, request.Payload));
        }

        for (int i = 0; i < asking.Length; i++)
        {
            using HttpResponseMessage answer = await asking[i];
            Assert.Equal([(byte)i], await answer.Content.ReadAsByteArrayAsync(Eventually.Deadline()));
        }
    }

    [Fact]
    public async Task Where_nobody_answers_the_gateway_timed_out()
    {
        await using WireClient silent = await ConnectAsync();
        await silent.SubscribeAsync("t");
        var watch = Stopwatch.StartNew();

        using HttpResponseMessage answer = await SendAsync(HttpMethod.Post, "/requests/t?timeout=1", []);

        await ProblemAsync(504, answer);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.9, 10);
    }

    [Fact]
    public async Task Where_nobody_subscribes_nothing_is_found()
    {
        using HttpResponseMessage answer = await SendAsync(HttpMethod.Post, "/requests/t?timeout=20", []);

        Assert.Contains("Nobody subscribes", await ProblemAsync(404, answer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/requests/t?timeout=0", 400)]
    [InlineData("/requests/t?timeout=-1", 400)]
    [InlineData("/requests/t?timeout=soon", 400)]
    [InlineData("/requests/t?qos=7", 400)]
    [InlineData("/requests/a/%2B", 400)]
    [InlineData("/requests/%FF", 400)]
    [InlineData("/requests", 400)]
    [InlineData("/requests/$SYS/x", 403)]
    public async Task What_cannot_be_asked_is_refused(string path, int status)
    {
        using HttpResponseMessage answer = await SendAsync(HttpMethod.Post, path, []);

        await ProblemAsync(status, answer);
    }

    [Fact]
    public async Task A_request_beyond_the_limit_is_too_large()
    {
        using HttpResponseMessage answer = await SendAsync(HttpMethod.Post, "/requests/t", new byte[1_001]);

        await ProblemAsync(413, answer);
    }

    [Fact]
    public async Task A_caller_that_goes_is_waited_for_no_longer()
    {
        await using WireClient responder = await ConnectAsync();
        await responder.SubscribeAsync("t");
        using var gone = new CancellationTokenSource();
        Task asking = Client.PostAsync(Broker.Http("/requests/t?timeout=20"), new ByteArrayContent([]), gone.Token);
        await responder.ExpectAsync<ServerPacket.Publish>();
        await Eventually.Until("one waits", async () => await Broker.WaitingPollsAsync() == 1);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await Eventually.Until("nobody waits", async () => await Broker.WaitingPollsAsync() == 0);
    }
}

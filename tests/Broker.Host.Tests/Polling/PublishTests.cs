using System.Net;
using System.Text;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Polling;

public sealed class PublishTests() : PollingCase("--Broker:Limits:PacketBytes", "1000", "--Broker:Limits:RetainedMessages", "2")
{
    [Fact]
    public async Task What_is_put_reaches_mqtt_subscribers_with_its_content_type()
    {
        await using WireClient client = await ConnectAsync();
        await client.SubscribeAsync("plant/#", QualityOfService.ExactlyOnce);

        await PutAsync("/topics/plant/a?qos=1", "21.5", "text/plain; charset=utf-8");
        ServerPacket.Publish message = await client.ExpectAsync<ServerPacket.Publish>();

        Assert.Equal(("plant/a", "21.5", QualityOfService.AtLeastOnce, false), (message.Topic, message.Text, message.Qos, message.Retain));
        Assert.Equal("text/plain; charset=utf-8", message.Properties.Text(PropertyId.ContentType));
    }

    [Theory]
    [InlineData("?qos=0", QualityOfService.AtMostOnce)]
    [InlineData("?qos=1&retain=false", QualityOfService.AtLeastOnce)]
    [InlineData("?qos=2", QualityOfService.ExactlyOnce)]
    [InlineData("", QualityOfService.AtMostOnce)]
    public async Task Qos_is_that_of_the_query(string query, QualityOfService qos)
    {
        await using WireClient client = await ConnectAsync();
        await client.SubscribeAsync("t", QualityOfService.ExactlyOnce);

        await PutAsync("/topics/t" + query, "1");

        Assert.Equal(qos, (await client.ExpectAsync<ServerPacket.Publish>()).Qos);
    }

    [Fact]
    public async Task What_is_retained_is_there_for_later_subscribers()
    {
        await PutAsync("/topics/t?retain=true", "1");
        await using WireClient client = await ConnectAsync();
        await client.SubscribeAsync("t");

        ServerPacket.Publish message = await client.ExpectAsync<ServerPacket.Publish>();

        Assert.Equal(("1", true), (message.Text, message.Retain));
    }

    [Fact]
    public async Task A_body_may_come_in_chunks_and_be_empty()
    {
        using var chunked = new HttpRequestMessage(HttpMethod.Put, Broker.Http("/topics/t")) { Content = new StreamContent(new MemoryStream("1"u8.ToArray())) };
        chunked.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage put = await Client.SendAsync(chunked, Eventually.Deadline());
        using HttpResponseMessage filled = await GetAsync("/topics/t");
        await PutAsync("/topics/t", "", null);
        using HttpResponseMessage emptied = await GetAsync("/topics/t");

        Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);
        Assert.Equal("1", await TextAsync(filled));
        Assert.Equal((HttpStatusCode.OK, ""), (emptied.StatusCode, await TextAsync(emptied)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_beyond_the_limit_is_too_large_whether_it_says_its_length_or_not(bool isChunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, Broker.Http("/topics/t")) { Content = new StreamContent(new MemoryStream(new byte[1_001])) };
        request.Headers.TransferEncodingChunked = isChunked;
        using HttpResponseMessage tooLarge = await Client.SendAsync(request, Eventually.Deadline());
        using HttpResponseMessage fits = await SendAsync(HttpMethod.Put, "/topics/u", new byte[1_000]);

        Assert.Contains("Limits:PacketBytes", await ProblemAsync(413, tooLarge), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, fits.StatusCode);
        await ProblemAsync(404, await GetAsync("/topics/t"));
    }

    [Fact]
    public async Task A_limit_of_the_broker_is_too_many_requests()
    {
        // The two places are taken by these: the broker's own messages do not count.
        await PutAsync("/topics/a?retain=true", "1");
        await PutAsync("/topics/b?retain=true", "1");

        using HttpResponseMessage answer = await SendAsync(HttpMethod.Put, "/topics/c?retain=true", "1"u8.ToArray());

        await ProblemAsync(429, answer);
        Assert.NotNull(answer.Headers.RetryAfter);
        await ProblemAsync(404, await GetAsync("/topics/c"));
    }

    [Theory]
    [InlineData("/topics/$SYS/broker/version", 403)]
    [InlineData("/topics/$presence/x", 403)]
    [InlineData("/topics/$changes/x", 403)]
    [InlineData("/topics/a/%2B", 400)]
    [InlineData("/topics/a/%23", 400)]
    [InlineData("/topics/a%FF", 400)]
    [InlineData("/topics/t?qos=3", 400)]
    [InlineData("/topics/t?qos=one", 400)]
    [InlineData("/topics/t?retain=1", 400)]
    [InlineData("/topics/t?retain", 400)]
    [InlineData("/topics", 400)]
    [InlineData("/topics/", 400)]
    public async Task What_may_not_be_published_is_refused(string path, int status)
    {
        using HttpResponseMessage answer = await SendAsync(HttpMethod.Put, path, "1"u8.ToArray());

        await ProblemAsync(status, answer);
    }

    [Theory]
    [InlineData("DELETE", "/topics/t")]
    [InlineData("POST", "/topics/t")]
    [InlineData("GET", "/requests/t")]
    [InlineData("PUT", "/requests/t")]
    [InlineData("POST", "/openapi.json")]
    public async Task Other_methods_are_not_allowed(string method, string path)
    {
        using HttpResponseMessage answer = await Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), Broker.Http(path)), Eventually.Deadline());

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.NotEmpty(answer.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("https://evil.example", false)]
    [InlineData("null", false)]
    [InlineData("http://localhost:3000", true)]
    [InlineData(null, true)]
    public async Task Other_peoples_web_pages_may_not_ask(string? origin, bool isAllowed)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, Broker.Http("/topics/t")) { Content = new StringContent("1", Encoding.UTF8) };
        if (origin is not null) request.Headers.Add("Origin", origin);

        using HttpResponseMessage answer = await Client.SendAsync(request, Eventually.Deadline());

        if (isAllowed) Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        else Assert.Contains("AllowedOrigins", await ProblemAsync(403, answer), StringComparison.Ordinal);
    }
}

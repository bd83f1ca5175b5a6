using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Polling;

public sealed class TopicReadTests : PollingCase
{
    [Fact]
    public async Task What_mqtt_published_is_answered_as_it_was_published()
    {
        await using WireClient client = await ConnectAsync();
        DateTimeOffset before = DateTimeOffset.UtcNow;
        await client.SendAsync(ClientPackets.Publish(ProtocolVersion.V5, "plant/line 1/temp", "{\"c\":1}", properties: new Properties().ContentType("application/json; v=2")));
        await client.SendAsync(ClientPackets.Publish(ProtocolVersion.V5, "plant/line 1/temp", [0, 1, 255], properties: new Properties().ContentType("image/x-thing")));
        await client.PingAsync();

        using HttpResponseMessage answer = await GetAsync("/topics/plant/line%201/temp");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal([0, 1, 255], await answer.Content.ReadAsByteArrayAsync(Eventually.Deadline()));
        Assert.Equal("image/x-thing", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal(3, answer.Content.Headers.ContentLength);
        Assert.False(answer.Headers.ETag!.IsWeak);
        Assert.Equal("2", answer.Headers.GetValues("Topic-Version").Single());
        Assert.InRange(answer.Content.Headers.LastModified!.Value, before.AddSeconds(-2), DateTimeOffset.UtcNow.AddSeconds(2));
        DateTimeOffset seen = DateTimeOffset.ParseExact(answer.Headers.GetValues("Topic-Last-Seen").Single(), "R", CultureInfo.InvariantCulture);
        Assert.InRange(seen, before.AddSeconds(-2), DateTimeOffset.UtcNow.AddSeconds(2));
        Assert.True(answer.Headers.CacheControl!.NoCache);
        Assert.True(answer.Content.Headers.LastModified <= answer.Headers.Date);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Temperatur in °C")]
    [InlineData("text/plain\r\nSet-Cookie: a=b")]
    [InlineData("no media type")]
    public async Task A_content_type_that_http_cannot_say_becomes_octets(string? contentType)
    {
        await using WireClient client = await ConnectAsync();
        Properties properties = contentType is null ? [] : new Properties().ContentType(contentType);
        await client.SendAsync(ClientPackets.Publish(ProtocolVersion.V5, "t", "1", properties: properties));
        await client.PingAsync();

        using HttpResponseMessage answer = await GetAsync("/topics/t");

        Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType?.ToString());
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task A_browser_runs_nothing_of_a_payload()
    {
        await PutAsync("/topics/t", "<script>alert(1)</script>", "text/html");

        using HttpResponseMessage answer = await GetAsync("/topics/t");

        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.StartsWith("sandbox", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json", false)]
    [InlineData("text/plain", false)]
    [InlineData("application/octet-stream", false)]
    [InlineData("image/svg+xml", true)]
    [InlineData("application/json;x=1", true)]
    public async Task What_a_browser_cannot_run_needs_no_policy(string contentType, bool hasPolicy)
    {
        await PutAsync("/topics/t", "1", contentType);

        using HttpResponseMessage answer = await GetAsync("/topics/t");

        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal(hasPolicy, answer.Headers.Contains("Content-Security-Policy"));
    }

    [Fact]
    public async Task The_etag_stays_while_the_value_does_and_last_seen_does_not()
    {
        await PutAsync("/topics/t", "1");
        string first = await TagAsync("/topics/t");
        await PutAsync("/topics/t", "1");
        string same = await TagAsync("/topics/t");
        await PutAsync("/topics/t", "2");
        string other = await TagAsync("/topics/t");
        await PutAsync("/topics/t", "1");
        string back = await TagAsync("/topics/t");

        Assert.Equal(first, same);
        Assert.NotEqual(first, other);
        Assert.Equal(first, back);
    }

    [Theory]
    [InlineData("{0}", true)]
    [InlineData("W/{0}", true)]
    [InlineData("\"x\", {0}", true)]
    [InlineData("W/\"a,b\",W/{0} , \"c\"", true)]
    [InlineData("*", true)]
    [InlineData("\"x\"", false)]
    [InlineData("W/\"x\", \"00000000000000000000000000000000\"", false)]
    [InlineData("nonsense", false)]
    [InlineData("\"", false)]
    [InlineData("", false)]
    public async Task If_none_match_is_compared_weakly_and_may_be_a_list(string header, bool isKnown)
    {
        await PutAsync("/topics/t", "1");
        string tag = await TagAsync("/topics/t");

        using HttpResponseMessage answer = await GetAsync("/topics/t", string.Format(CultureInfo.InvariantCulture, header, tag));

        Assert.Equal(isKnown ? HttpStatusCode.NotModified : HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(tag, answer.Headers.ETag?.ToString());
        Assert.Equal("1", answer.Headers.GetValues("Topic-Version").Single());
        Assert.True(answer.Headers.Contains("Topic-Last-Seen"));
        Assert.NotNull(answer.Headers.Date);
        Assert.Equal(isKnown ? "" : "1", await TextAsync(answer));
    }

    [Fact]
    public async Task Head_says_everything_but_the_payload()
    {
        await PutAsync("/topics/t", "123");

        using var request = new HttpRequestMessage(HttpMethod.Head, Broker.Http("/topics/t"));
        using HttpResponseMessage answer = await Client.SendAsync(request, Eventually.Deadline());

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(3, answer.Content.Headers.ContentLength);
        Assert.NotNull(answer.Headers.ETag);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Eventually.Deadline()));
    }

    [Fact]
    public async Task A_topic_without_a_value_is_not_found_and_so_is_one_that_was_removed()
    {
        using HttpResponseMessage never = await GetAsync("/topics/t");
        await PutAsync("/topics/t?retain=true", "1");
        await PutAsync("/topics/t?retain=true", "");
        using HttpResponseMessage removed = await GetAsync("/topics/t", "*");

        await ProblemAsync(404, never);
        await ProblemAsync(404, removed);
    }

    [Theory]
    [InlineData("/topics/a/+")]
    [InlineData("/topics/a/%2B/b")]
    [InlineData("/topics/%23")]
    [InlineData("/topics/a%ff")]
    [InlineData("/topics/a%")]
    [InlineData("/topics/a%4")]
    [InlineData("/topics/a%zz")]
    [InlineData("/topics/%c0%80")]
    [InlineData("/topics/t?wait=abc")]
    [InlineData("/topics/t?wait=-1")]
    [InlineData("/topics/t?wait=NaN")]
    [InlineData("/topics/t?wait=")]
    public async Task What_is_not_well_formed_is_a_bad_request(string target)
    {
        string answer = await RawAsync($"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_topic_that_is_too_long_is_a_bad_request()
    {
        using HttpResponseMessage answer = await GetAsync("/topics/" + new string('a', 5_000));

        Assert.Contains("Limits:TopicBytes", await ProblemAsync(400, answer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/a", "//a")]
    [InlineData("/a", "/%2Fa")]
    [InlineData("a//b", "/a//b")]
    [InlineData("a//b", "/a%2F%2fb")]
    [InlineData("a/", "/a/")]
    [InlineData("/", "//")]
    [InlineData("//", "///")]
    [InlineData("a/../b", "/a%2F..%2Fb")]
    [InlineData("a/../b", "/a/%2E%2E/b")]
    [InlineData("..", "/..%2F")]
    [InlineData("a b%c?d", "/a%20b%25c%3Fd")]
    [InlineData("grün/°C/温度/🌡", "/gr%C3%BCn/%C2%B0C/%E6%B8%A9%E5%BA%A6/%F0%9F%8C%A1")]
    [InlineData("$dev/x", "/$dev/x")]
    [InlineData("$dev/x", "/%24dev/x")]
    [InlineData("a=b&c;d", "/a=b&c;d")]
    public async Task Every_topic_can_be_reached(string topic, string path)
    {
        if (topic == "..") topic = "../";
        await using WireClient client = await ConnectAsync();
        await client.PublishAsync(topic, "here");
        await client.PingAsync();

        string answer = await RawAsync($"GET /topics{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        string absolute = await RawAsync($"GET http://x:1/topics{path}?wait=0 HTTP/1.1\r\nHost: x:1\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nhere", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nhere", absolute, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_broker_says_of_itself_can_be_polled()
    {
        using HttpResponseMessage version = await GetAsync("/topics/$SYS/broker/version");
        await using WireClient client = await WireClient.ConnectAsync(Broker.Address("Mqtt"), new ConnectOptions { ClientId = "me" });
        using HttpResponseMessage presence = await GetAsync("/topics/$presence/me");

        Assert.Equal(Core.MqttBroker.Version, await TextAsync(version));
        Assert.Contains("\"state\":\"online\"", await TextAsync(presence), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_payload_arrives_whole()
    {
        byte[] payload = new byte[2_000_000];
        Random.Shared.NextBytes(payload);
        using HttpResponseMessage put = await SendAsync(HttpMethod.Put, "/topics/t", payload);

        using HttpResponseMessage answer = await GetAsync("/topics/t");

        Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);
        Assert.Equal(payload, await answer.Content.ReadAsByteArrayAsync(Eventually.Deadline()));
    }

    private async Task<string> RawAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", Broker.Address("Http").Port, Eventually.Deadline());
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request), Eventually.Deadline());
        using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
        return await reader.ReadToEndAsync(Eventually.Deadline());
    }
}

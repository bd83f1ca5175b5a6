using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Polling;

public sealed class HttpVersionTests
{
    [Fact]
    public async Task One_connection_of_http_1_1_serves_many_requests()
    {
        await using RunningBroker broker = await RunningBroker.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", broker.Address("Http").Port, Eventually.Deadline());
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        for (int i = 0; i < 3; i++)
        {
            await client.GetStream().WriteAsync("PUT /topics/t HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1"u8.ToArray(), Eventually.Deadline());
            Assert.Equal("HTTP/1.1 204 No Content", await reader.ReadLineAsync(Eventually.Deadline()));
            while (await reader.ReadLineAsync(Eventually.Deadline()) is { Length: > 0 })
            {
                // headers
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(24)]
    public async Task A_preface_may_come_in_pieces(int bytes)
    {
        await using RunningBroker broker = await RunningBroker.StartAsync();
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", broker.Address("Http").Port, Eventually.Deadline());
        byte[] preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];
        foreach (byte[] piece in preface.Chunk(bytes))
        {
            await client.GetStream().WriteAsync(piece, Eventually.Deadline());
            await Task.Yield();
        }

        byte[] answer = new byte[9];
        await client.GetStream().ReadExactlyAsync(answer, Eventually.Deadline());

        Assert.Equal(4, answer[3]); // SETTINGS is the first frame of the server
    }

    [Fact]
    public async Task Http_2_with_prior_knowledge_shares_the_port_with_http_1_1()
    {
        await using RunningBroker broker = await RunningBroker.StartAsync();
        using HttpClient http2 = Client(HttpVersion.Version20);
        using HttpClient http1 = Client(HttpVersion.Version11);
        using HttpResponseMessage put = await http2.PutAsync(broker.Http("/topics/a//b%20c"), new StringContent("1"), Eventually.Deadline());
        using HttpResponseMessage over1 = await http1.GetAsync(broker.Http("/topics/a//b%20c"), Eventually.Deadline());
        using var head = new HttpRequestMessage(HttpMethod.Head, broker.Http("/topics/a//b%20c")) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using HttpResponseMessage over2 = await http2.SendAsync(head, Eventually.Deadline());

        Assert.Equal((HttpStatusCode.NoContent, HttpVersion.Version20), (put.StatusCode, put.Version));
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version11), (over1.StatusCode, over1.Version));
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (over2.StatusCode, over2.Version));
        Assert.Equal(over1.Headers.ETag, over2.Headers.ETag);
    }

    [Fact]
    public async Task Long_polls_share_one_http_2_connection_and_end_with_it()
    {
        await using RunningBroker broker = await RunningBroker.StartAsync();
        using HttpClient http2 = Client(HttpVersion.Version20);
        Task<string>[] polls = [.. Enumerable.Range(0, 50).Select(_ => http2.GetStringAsync(broker.Http("/topics/t?wait=20"), Eventually.Deadline()))];
        await Waiting(broker, 50);
        using HttpResponseMessage put = await http2.PutAsync(broker.Http("/topics/t"), new StringContent("1"), Eventually.Deadline());
        Assert.All(await Task.WhenAll(polls), text => Assert.Equal("1", text));

        HttpClient gone = Client(HttpVersion.Version20);
        Task<string> left = gone.GetStringAsync(broker.Http("/topics/u?wait=20"), Eventually.Deadline());
        await Waiting(broker, 1);
        gone.Dispose();

        await Assert.ThrowsAnyAsync<Exception>(() => left);
        await Waiting(broker, 0);
    }

    [Fact]
    public async Task Http_2_over_tls_is_agreed_upon()
    {
        using var folder = new TempFolder();
        (string path, string keyPath) = TestCertificates.WritePem(folder);
        await using RunningBroker broker = await RunningBroker.StartAsync(
            "--Broker:Endpoints:Http:Url", "https://127.0.0.1:0",
            "--Broker:Endpoints:Http:Certificate:Path", path, "--Broker:Endpoints:Http:Certificate:KeyPath", keyPath);
        using var handler = new SocketsHttpHandler { SslOptions = TestCertificates.ClientOptions() };
        using var client = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower };

        using HttpResponseMessage put = await client.PutAsync(broker.Http("/topics/t"), new StringContent("1"), Eventually.Deadline());
        using HttpResponseMessage answer = await client.GetAsync(broker.Http("/topics/t"), Eventually.Deadline());

        Assert.Equal((HttpStatusCode.NoContent, HttpVersion.Version20), (put.StatusCode, put.Version));
        Assert.Equal("1", await answer.Content.ReadAsStringAsync(Eventually.Deadline()));
    }

    [Fact]
    public async Task Connections_that_say_nothing_or_speak_http_2_do_not_delay_the_end()
    {
        await using RunningBroker broker = await RunningBroker.StartAsync();
        using var silent = new TcpClient();
        await silent.ConnectAsync("127.0.0.1", broker.Address("Http").Port, Eventually.Deadline());
        using var half = new TcpClient();
        await half.ConnectAsync("127.0.0.1", broker.Address("Http").Port, Eventually.Deadline());
        await half.GetStream().WriteAsync("PRI * "u8.ToArray(), Eventually.Deadline());
        using HttpClient http2 = Client(HttpVersion.Version20);
        Task<HttpResponseMessage> poll = http2.GetAsync(broker.Http("/topics/t?wait=20"), Eventually.Deadline());
        await Waiting(broker, 1);
        var watch = Stopwatch.StartNew();

        await broker.StopAsync();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await poll).StatusCode);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 5);
    }

    private static Task Waiting(RunningBroker broker, int count) =>
        Eventually.Until($"{count} polls wait", async () => await broker.WaitingPollsAsync() == count);

    private static HttpClient Client(Version version) =>
        new() { DefaultRequestVersion = version, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
}

using System.Net;
using System.Net.Sockets;
using System.Text;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Testing;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Reloading;

/// <summary>HTTP endpoints open, move and close while the broker runs; what is under way there ends in order, and nothing elsewhere notices.</summary>
public sealed class HttpReloadTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly HttpClient _http = Client(HttpVersion.Version11);

    public void Dispose()
    {
        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Endpoints_open_move_and_close_and_who_came_through_others_stays()
    {
        await using BrokerProcess broker = await StartAsync();
        await using WireClient stays = await ConnectAsync(broker.Address("Http"), "stays");

        await broker.ReloadAsync(Web("http://127.0.0.1:0"), "Endpoint Web is open at ");
        Uri first = broker.Opened("Web");
        await PutAsync(first, "1");
        await using WireClient client = await ConnectAsync(first, "client");
        await client.PingAsync();

        await broker.ReloadAsync(Web("http://localhost:0"), "Endpoint Web is open at http://localhost");
        await ToldAsync(client);
        await RefusesAsync(first.Port);
        Uri second = broker.Opened("Web");
        await PutAsync(second, "2");
        await using WireClient moved = await ConnectAsync(second, "moved");

        await broker.ReloadAsync("{}", $"Endpoint Web at {second.ToString().TrimEnd('/')} is closed, with ");
        await ToldAsync(moved);
        await RefusesAsync(second.Port);
        await stays.PingAsync();
        Assert.Equal("2", await _http.GetStringAsync(broker.Http("/topics/t"), Eventually.Deadline()));
    }

    [Fact]
    public async Task A_port_in_use_keeps_everything_as_it_was()
    {
        await using BrokerProcess broker = await StartAsync();
        using var taken = new TakenPort();
        await using WireClient stays = await ConnectAsync(broker.Address("Http"), "stays");
        int free = LoopbackPort.Free();

        // One that could open, one that cannot, and one that would close.
        await broker.ReloadAsync(
            $$"""{ "Broker": { "Endpoints": { "Web": { "Url": "http://127.0.0.1:{{free}}" }, "More": { "Url": "http://127.0.0.1:{{taken.Number}}" } }, "ChangeOnly": { "Rules": { "all": { "Filter": "#" } } } } }""",
            "Nothing was changed");

        Assert.Contains($"http://127.0.0.1:{taken.Number} is already in use by another program", broker.Error, StringComparison.Ordinal);
        await RefusesAsync(free);
        await PutAsync(broker.Address("Http"), "1");
        await stays.PingAsync();
    }

    [Fact]
    public async Task Who_waits_is_answered_and_idle_connections_end_when_their_endpoint_closes()
    {
        await using BrokerProcess broker = await StartAsync();
        await broker.ReloadAsync(Web("http://127.0.0.1:0"), "Endpoint Web is open at ");
        Uri web = broker.Opened("Web");
        using HttpClient http2 = Client(HttpVersion.Version20);
        Task<HttpResponseMessage> over1 = _http.GetAsync(new Uri(web, "/topics/t?wait=30"), Eventually.Deadline());
        Task<HttpResponseMessage> over2 = http2.GetAsync(new Uri(web, "/topics/t?wait=30"), Eventually.Deadline());
        Task<string> elsewhere = _http.GetStringAsync(broker.Http("/topics/t?wait=30"), Eventually.Deadline());
        await WaitingAsync(broker, 3);
        using var idle = new TcpClient();
        await idle.ConnectAsync("127.0.0.1", web.Port, Eventually.Deadline());
        using var reader = new StreamReader(idle.GetStream(), Encoding.ASCII);
        await idle.GetStream().WriteAsync("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), Eventually.Deadline());
        while (await reader.ReadLineAsync(Eventually.Deadline()) != "0") continue; // the last chunk
        Assert.Equal("", await reader.ReadLineAsync(Eventually.Deadline()));

        await broker.ReloadAsync("{}", "Endpoint Web at ");

        foreach (HttpResponseMessage answer in (HttpResponseMessage[])[await over1, await over2])
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Contains("This endpoint closes", await answer.Content.ReadAsStringAsync(Eventually.Deadline()), StringComparison.Ordinal);
        }

        Assert.True((await over1).Headers.ConnectionClose);
        Assert.Equal("", await reader.ReadToEndAsync(Eventually.Deadline()));
        await PutAsync(broker.Address("Http"), "1");
        Assert.Equal("1", await elsewhere);
    }

    [Fact]
    public async Task A_request_under_way_is_answered_when_its_endpoint_closes()
    {
        await using BrokerProcess broker = await StartAsync();
        await broker.ReloadAsync(Web("http://127.0.0.1:0"), "Endpoint Web is open at ");
        Uri web = broker.Opened("Web");
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", web.Port, Eventually.Deadline());
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        await client.GetStream().WriteAsync("PUT /topics/t HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"u8.ToArray(), Eventually.Deadline());
        Assert.Equal("HTTP/1.1 100 Continue", await reader.ReadLineAsync(Eventually.Deadline())); // now it reads the body
        Assert.Equal("", await reader.ReadLineAsync(Eventually.Deadline()));

        await broker.ReloadAsync("{}", "Endpoint Web at ");
        await client.GetStream().WriteAsync("12"u8.ToArray(), Eventually.Deadline());

        string answer = await reader.ReadToEndAsync(Eventually.Deadline());
        Assert.StartsWith("HTTP/1.1 204 No Content", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
        Assert.Equal("12", await _http.GetStringAsync(broker.Http("/topics/t"), Eventually.Deadline()));
    }

    [Fact]
    public async Task An_encrypted_endpoint_opens_and_closes()
    {
        await using BrokerProcess broker = await StartAsync();
        await broker.ReloadAsync(Encrypted("https://127.0.0.1:0"), "Endpoint Web is open at https://");
        Uri web = broker.Opened("Web");
        using HttpClient http2 = Client(HttpVersion.Version20);
        using HttpResponseMessage over1 = await _http.GetAsync(new Uri(web, "/healthz"), Eventually.Deadline());
        using HttpResponseMessage over2 = await http2.GetAsync(new Uri(web, "/healthz"), Eventually.Deadline());
        await using WireClient client = await ConnectAsync(web, "client");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (over1.StatusCode, over2.StatusCode));
        await broker.ReloadAsync("{}", "Endpoint Web at ");
        await ToldAsync(client);
        await RefusesAsync(web.Port);
    }

    [Fact]
    public async Task An_endpoint_changes_its_scheme_and_what_it_is_for()
    {
        await using BrokerProcess broker = await StartAsync();
        await broker.ReloadAsync(Web("http://127.0.0.1:0"), "Endpoint Web is open at http://");
        Uri plain = broker.Opened("Web");
        await using WireClient first = await ConnectAsync(plain, "first");

        await broker.ReloadAsync(Encrypted("https://127.0.0.1:0"), "Endpoint Web is open at https://");
        await ToldAsync(first);
        await RefusesAsync(plain.Port);
        Uri encrypted = broker.Opened("Web");
        await using WireClient second = await ConnectAsync(encrypted, "second");

        await broker.ReloadAsync(Encrypted("mqtts://127.0.0.1:0"), "Endpoint Web is open at mqtts://");
        await ToldAsync(second);
        await RefusesAsync(encrypted.Port);
        await using WireClient third = await WireClient.ConnectAsync(broker.Opened("Web"), new() { ClientId = "third" });

        await broker.ReloadAsync(Web("http://localhost:0"), "Endpoint Web is open at http://localhost");
        Assert.Equal(ReasonCode.AdministrativeAction, (await third.ExpectAsync<ServerPacket.Disconnect>()).ReasonCode);
        await PutAsync(broker.Opened("Web"), "1");
    }

    [Fact]
    public async Task The_last_one_closes_and_opens_again()
    {
        await using BrokerProcess broker = BrokerProcess.Launch(["--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:0"], files: new Dictionary<string, string>
        {
            ["appsettings.json"] = """{ "Broker": { "Endpoints": { "Http": { "Url": "http://127.0.0.1:0" } } } }""",
        });
        if (OperatingSystem.IsWindows()) Assert.Skip("There is no SIGHUP.");
        await broker.ReadyAsync();

        await broker.ReloadAsync("""{ "Broker": { "Endpoints": { "Http": { "Url": "" } } } }""", "Endpoint Http at ");
        await RefusesAsync(broker.Address("Http").Port);
        await broker.ReloadAsync("""{ "Broker": { "Endpoints": { "Http": { "Url": "http://localhost:0" } } } }""", "Endpoint Http is open at ");

        await PutAsync(broker.Opened("Http"), "1");
        broker.Signal(BrokerProcess.SigTerm);
        Assert.Equal(0, await broker.ExitAsync());
    }

    private static async Task<BrokerProcess> StartAsync()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("There is no SIGHUP.");
        return await BrokerProcess.StartAsync();
    }

    private static string Web(string url) => $$"""{ "Broker": { "Endpoints": { "Web": { "Url": "{{url}}" } } } }""";

    private string Encrypted(string url)
    {
        (string path, string key) = TestCertificates.WritePem(_folder);
        return $$"""{ "Broker": { "Endpoints": { "Web": { "Url": "{{url}}", "Certificate": { "Path": "{{path}}", "KeyPath": "{{key}}" } } } } }""";
    }

    private static HttpClient Client(Version version) => new(new SocketsHttpHandler { SslOptions = TestCertificates.ClientOptions() })
    {
        DefaultRequestVersion = version,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static async Task<WireClient> ConnectAsync(Uri address, string name)
    {
        WireClient client = await WireClient.OpenWebSocketAsync(address);
        await client.ConnectAsync(new() { ClientId = name });
        return client;
    }

    // 0x98, and the end.
    private static async Task ToldAsync(WireClient client)
    {
        Assert.Equal(ReasonCode.AdministrativeAction, (await client.ExpectAsync<ServerPacket.Disconnect>()).ReasonCode);
        Assert.Null(await client.ReceiveAsync());
    }

    private static async Task RefusesAsync(int port)
    {
        using var late = new TcpClient();
        await Assert.ThrowsAnyAsync<SocketException>(() => late.ConnectAsync(IPAddress.Loopback, port, Eventually.Deadline()).AsTask());
    }

    private async Task PutAsync(Uri address, string text)
    {
        using HttpResponseMessage answer = await _http.PutAsync(new Uri(address, "/topics/t"), new StringContent(text), Eventually.Deadline());
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    private async Task WaitingAsync(BrokerProcess broker, int count) => await Eventually.Until(
        $"{count} polls wait", async () => (await _http.GetStringAsync(broker.Http("/metrics"), Eventually.Deadline())).Split('\n')
            .Any(line => line.StartsWith("mqtt_polls_waiting", StringComparison.Ordinal) && line.Split(' ')[1] == $"{count}"));
}

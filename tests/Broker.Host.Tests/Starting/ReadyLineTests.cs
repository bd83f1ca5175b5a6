using System.Net.Sockets;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Starting;

public sealed class ReadyLineTests
{
    [Fact]
    public async Task One_line_on_stdout_names_every_endpoint_with_its_real_address_and_logs_go_to_stderr()
    {
        await using BrokerProcess broker = await BrokerProcess.StartAsync();
        Uri mqtt = broker.Address("Mqtt");
        Uri http = broker.Address("Http");

        await using WireClient client = await WireClient.ConnectAsync(mqtt);
        await client.PingAsync();
        broker.Signal(BrokerProcess.SigTerm);
        int exitCode = await broker.ExitAsync();

        Assert.Equal($"Broker ready: Mqtt mqtt://127.0.0.1:{mqtt.Port}, Http http://127.0.0.1:{http.Port}", broker.Output.TrimEnd());
        Assert.NotEqual(0, mqtt.Port);
        Assert.NotEqual(0, http.Port);
        Assert.Contains($"Anonymous clients may connect, from this machine only: Mqtt (mqtt://127.0.0.1:{mqtt.Port}), Http (http://127.0.0.1:{http.Port})", broker.Error, StringComparison.Ordinal);
        Assert.Equal(0, exitCode);
    }

    [Fact]
    public async Task When_the_line_is_there_everything_listens()
    {
        await using BrokerProcess broker = await BrokerProcess.StartAsync();

        using var client = new HttpClient();
        using HttpResponseMessage ready = await client.GetAsync(broker.Http("/readyz"), Eventually.Deadline());
        await using WireClient mqtt = await WireClient.ConnectAsync(broker.Address("Mqtt"));

        Assert.True(ready.IsSuccessStatusCode);
        await mqtt.PingAsync();
    }

    [Fact]
    public async Task Without_http_there_is_mqtt_only()
    {
        await using BrokerProcess broker = await BrokerProcess.StartAsync("--Broker:Endpoints:Http:Url", "");

        await using WireClient client = await WireClient.ConnectAsync(broker.Address("Mqtt"));
        await client.PingAsync();

        Assert.Equal($"Broker ready: Mqtt mqtt://127.0.0.1:{broker.Address("Mqtt").Port}", broker.Output.TrimEnd());
    }

    [Fact]
    public async Task Without_mqtt_there_is_http_only()
    {
        await using BrokerProcess broker = await BrokerProcess.StartAsync("--Broker:Endpoints:Mqtt:Url", "");

        await using WireClient client = await WireClient.OpenWebSocketAsync(broker.Address("Http"));
        await client.ConnectAsync(new() { ClientId = "only" });

        Assert.StartsWith("Broker ready: Http http://127.0.0.1:", broker.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Localhost_listens_on_both_loopbacks_with_one_port()
    {
        await using BrokerProcess broker = await BrokerProcess.StartAsync(
            "--Broker:Endpoints:Mqtt:Url", "mqtt://localhost:0", "--Broker:Endpoints:Http:Url", "http://localhost:0");
        int port = broker.Address("Mqtt").Port;

        await using WireClient four = await WireClient.ConnectAsync(new Uri($"mqtt://127.0.0.1:{port}"));
        await four.PingAsync();
        if (Socket.OSSupportsIPv6 && HasIPv6Loopback())
        {
            await using WireClient six = await WireClient.ConnectAsync(new Uri($"mqtt://[::1]:{port}"));
            await six.PingAsync();
            await using WireClient web = await WireClient.OpenWebSocketAsync(new Uri($"http://[::1]:{broker.Address("Http").Port}"));
            await web.ConnectAsync(new() { ClientId = "six" });
        }

        Assert.Equal("localhost", broker.Address("Mqtt").Host);
    }

    [Fact]
    public async Task All_addresses_are_reached_where_the_operator_said_so_and_a_warning_says_it()
    {
        using var folder = new TempFolder();
        string rules = folder.Write("acl.txt", "anonymous\n  allow * #\n");
        await using BrokerProcess broker = await BrokerProcess.StartAsync("--Broker:Endpoints:Mqtt:Url", "mqtt://*:0", "--Broker:Auth:AllowAnonymous", "true", "--Broker:Acl:Path", rules);

        await using WireClient client = await WireClient.ConnectAsync(new Uri($"mqtt://127.0.0.1:{broker.Address("Mqtt").Port}"));
        await client.PingAsync();

        await Eventually.Until("the warning", () => broker.Error.Contains("warn: ", StringComparison.Ordinal)
            && broker.Error.Contains("Anonymous clients may connect, since Broker:Auth:AllowAnonymous is true", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Variables_that_web_hosts_know_open_nothing()
    {
        using var other = new TakenPort();
        var environment = new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{other.Number}",
            ["ASPNETCORE_HTTP_PORTS"] = $"{other.Number}",
            ["Broker__Endpoints__Mqtt__Url"] = "mqtt://127.0.0.1:0",
            ["Broker__Endpoints__Http__Url"] = "http://127.0.0.1:0",
        };

        await using BrokerProcess broker = BrokerProcess.Launch([], environment);

        await broker.ReadyAsync();
    }

    [Fact]
    public async Task Settings_are_read_from_the_working_directory()
    {
        var files = new Dictionary<string, string>
        {
            ["appsettings.json"] = """{ "Broker": { "Endpoints": { "Mqtt": { "Url": "mqtt://127.0.0.1:0" }, "Http": { "Url": "" } } } }""",
        };

        await using BrokerProcess broker = BrokerProcess.Launch([], files: files);

        Assert.StartsWith("Broker ready: Mqtt mqtt://127.0.0.1:", await broker.ReadyAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_may_be_json()
    {
        await using BrokerProcess broker = await BrokerProcess.StartAsync("--Logging:Console:FormatterName", "json");

        await Eventually.Until("a line of JSON", () => broker.Error.Contains("\"Category\":\"Broker.Host.Security.AccessReport\"", StringComparison.Ordinal));
    }

    private static bool HasIPv6Loopback()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Stopping;

public sealed class StopTests
{
    private static readonly TimeSpan _contract = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData("Epoll", BrokerProcess.SigTerm)]
    [InlineData("Sockets", BrokerProcess.SigTerm)]
    [InlineData("Epoll", BrokerProcess.SigInt)]
    public async Task A_signal_tells_mqtt_5_clients_and_ends_with_0(string driver, int signal)
    {
        await using BrokerProcess broker = await BrokerProcess.StartOverAsync(driver);
        await using WireClient five = await WireClient.ConnectAsync(broker.Address("Mqtt"));
        await using WireClient four = await WireClient.ConnectAsync(broker.Address("Mqtt"), new() { ClientId = "four", Version = ProtocolVersion.V311 });

        broker.Signal(signal);

        Assert.Equal(ReasonCode.ServerShuttingDown, (await five.ExpectAsync<ServerPacket.Disconnect>()).ReasonCode);
        await five.ExpectEndAsync();
        await four.ExpectEndAsync();
        Assert.Equal(0, await broker.ExitAsync(_contract));
    }

    [Fact]
    public async Task Web_socket_clients_are_told_too()
    {
        await using BrokerProcess broker = await BrokerProcess.StartAsync();
        await using WireClient client = await WireClient.OpenWebSocketAsync(broker.Address("Http"));
        await client.ConnectAsync(new() { ClientId = "web" });

        broker.Signal(BrokerProcess.SigTerm);

        Assert.Equal(ReasonCode.ServerShuttingDown, (await client.ExpectAsync<ServerPacket.Disconnect>()).ReasonCode);
        await client.ExpectEndAsync();
        Assert.Equal(0, await broker.ExitAsync(_contract));
    }

    [Theory]
    [InlineData("Epoll")]
    [InlineData("Sockets")]
    public async Task What_was_accepted_is_flushed_before_the_end(string driver)
    {
        await using BrokerProcess broker = await BrokerProcess.StartOverAsync(driver);
        await using WireClient subscriber = await WireClient.ConnectAsync(broker.Address("Mqtt"));
        await subscriber.SubscribeAsync("t");
        await using WireClient publisher = await WireClient.ConnectAsync(broker.Address("Mqtt"));
        for (int i = 0; i < 1_000; i++) await publisher.PublishAsync("t", $"{i}");
        await publisher.PingAsync();

        broker.Signal(BrokerProcess.SigTerm);

        for (int i = 0; i < 1_000; i++) Assert.Equal($"{i}", (await subscriber.ExpectAsync<ServerPacket.Publish>()).Text);
        Assert.Equal(ReasonCode.ServerShuttingDown, (await subscriber.ExpectAsync<ServerPacket.Disconnect>()).ReasonCode);
        Assert.Equal(0, await broker.ExitAsync(_contract));
    }

    [Theory]
    [InlineData("Epoll")]
    [InlineData("Sockets")]
    public async Task Clients_that_never_read_and_half_open_requests_do_not_hold_it_up(string driver)
    {
        await using BrokerProcess broker = await BrokerProcess.StartOverAsync(driver);
        await using WireClient stuck = await WireClient.ConnectAsync(broker.Address("Mqtt"));
        await stuck.SubscribeAsync("flood");
        await using WireClient stuckWeb = await WireClient.OpenWebSocketAsync(broker.Address("Http"));
        await stuckWeb.ConnectAsync(new() { ClientId = "stuck-web" });
        await stuckWeb.SubscribeAsync("flood");
        await using WireClient publisher = await WireClient.ConnectAsync(broker.Address("Mqtt"));
        for (int i = 0; i < 200; i++) await publisher.PublishAsync("flood", new byte[100_000]); // more than sockets buffer
        await publisher.PingAsync();
        using var slow = new TcpClient();
        await slow.ConnectAsync(IPAddress.Loopback, broker.Address("Http").Port, Eventually.Deadline());
        await slow.GetStream().WriteAsync("GET /healthz HTTP/1.1\r\nHost:"u8.ToArray(), Eventually.Deadline());
        await using WireClient silent = await WireClient.OpenAsync(broker.Address("Mqtt"));

        var watch = Stopwatch.StartNew();
        broker.Signal(BrokerProcess.SigTerm);

        Assert.Equal(0, await broker.ExitAsync());
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, _contract);
    }

    [Fact]
    public async Task A_collector_that_does_not_answer_does_not_hold_it_up()
    {
        using var blackHole = new TakenPort(); // takes connections, answers nothing
        var environment = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{blackHole.Number}",
            ["Broker__Endpoints__Mqtt__Url"] = "mqtt://127.0.0.1:0",
            ["Broker__Endpoints__Http__Url"] = "http://127.0.0.1:0",
        };
        await using BrokerProcess broker = BrokerProcess.Launch([], environment);
        await broker.ReadyAsync();

        var watch = Stopwatch.StartNew();
        broker.Signal(BrokerProcess.SigTerm);

        Assert.Equal(0, await broker.ExitAsync());
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, _contract);
    }

    [Theory]
    [InlineData("Epoll")]
    [InlineData("Sockets")]
    public async Task While_it_stops_it_is_not_ready_and_takes_nobody(string driver)
    {
        await using RunningBroker broker = await RunningBroker.StartOverAsync(driver);
        await using WireClient stuck = await broker.OpenAsync();
        await stuck.ConnectAsync(new() { ClientId = "stuck" });
        await stuck.SubscribeAsync("flood");
        await using WireClient publisher = await broker.OpenAsync();
        await publisher.ConnectAsync(new() { ClientId = "publisher" });
        for (int i = 0; i < 200; i++) await publisher.PublishAsync("flood", new byte[100_000]);
        await publisher.PingAsync();
        using var http = new HttpClient();

        Task stopping = broker.StopAsync(); // it waits for the one that does not read

        await Eventually.Until("not ready", async () =>
            (await http.GetAsync(broker.Http("/readyz"), Eventually.Deadline())).StatusCode == HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(broker.Http("/healthz"), Eventually.Deadline())).StatusCode);
        await Eventually.Until("the door is closed", async () =>
        {
            try
            {
                await using WireClient late = await WireClient.OpenAsync(broker.Address("Mqtt"));
                return false;
            }
            catch (SocketException e)
            {
                return e.SocketErrorCode == SocketError.ConnectionRefused;
            }
        });
        var upgrade = await Assert.ThrowsAnyAsync<Exception>(() => WireClient.OpenWebSocketAsync(broker.Address("Http")));
        Assert.Contains("503", upgrade.Message, StringComparison.Ordinal);
        await stuck.DisposeAsync();
        await stopping.WaitAsync(_contract, TestContext.Current.CancellationToken);
    }
}

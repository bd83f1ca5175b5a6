using System.Net;
using System.Net.Sockets;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Reloading;

/// <summary>Endpoints and change-only rules change while the broker runs, or everything stays as it was.</summary>
public sealed class EndpointReloadTests
{
    [Theory]
    [InlineData("Epoll")]
    [InlineData("Sockets")]
    public async Task Endpoints_open_move_and_close_and_who_came_through_others_stays(string driver)
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("There is no SIGHUP.");
        await using BrokerProcess broker = await BrokerProcess.StartOverAsync(driver);
        await using WireClient stays = await WireClient.ConnectAsync(broker.Address("Mqtt"), new() { ClientId = "stays" });

        await broker.ReloadAsync(Endpoint("mqtt://127.0.0.1:0"), "Endpoint More is open at ");
        await using WireClient more = await WireClient.ConnectAsync(broker.Opened("More"), new() { ClientId = "more" });
        await more.PingAsync();

        await broker.ReloadAsync(Endpoint("mqtt://localhost:0"), "Endpoint More is open at mqtt://localhost");
        Assert.Equal(ReasonCode.AdministrativeAction, (await more.ExpectAsync<ServerPacket.Disconnect>()).ReasonCode);
        await using WireClient moved = await WireClient.ConnectAsync(broker.Opened("More"), new() { ClientId = "moved" });
        await moved.PingAsync();
        Uri last = broker.Opened("More");

        await broker.ReloadAsync("{}", $"Endpoint More at {last.ToString().TrimEnd('/')} is closed, with 1 connection(s)");
        Assert.Equal(ReasonCode.AdministrativeAction, (await moved.ExpectAsync<ServerPacket.Disconnect>()).ReasonCode);
        using var late = new TcpClient();
        await Assert.ThrowsAnyAsync<SocketException>(() => late.ConnectAsync(IPAddress.Loopback, last.Port, TestContext.Current.CancellationToken).AsTask());
        await stays.PingAsync();
    }

    [Fact]
    public async Task A_port_in_use_keeps_everything_as_it_was()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("There is no SIGHUP.");
        await using BrokerProcess broker = await BrokerProcess.StartAsync();
        using var taken = new TakenPort();

        await broker.ReloadAsync(
            $$"""{ "Broker": { "Limits": { "PerAddress": { "Connections": 1 } }, "Endpoints": { "More": { "Url": "mqtt://127.0.0.1:{{taken.Number}}" } } } }""",
            "Nothing was changed");

        Assert.Contains($"mqtt://127.0.0.1:{taken.Number} is already in use by another program", broker.Error, StringComparison.Ordinal);
        await using WireClient first = await WireClient.ConnectAsync(broker.Address("Mqtt"), new() { ClientId = "1" });
        await using WireClient second = await WireClient.ConnectAsync(broker.Address("Mqtt"), new() { ClientId = "2" });
        await second.PingAsync(); // the limit is not in force either
    }

    [Fact]
    public async Task An_endpoint_for_other_machines_needs_logins_and_rules_as_at_the_start()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("There is no SIGHUP.");
        await using BrokerProcess broker = await BrokerProcess.StartAsync();

        await broker.ReloadAsync(Endpoint("mqtt://*:0"), "Nothing was changed");

        Assert.Contains("nothing under Broker:Auth says who may connect", broker.Error, StringComparison.Ordinal);
        Assert.Contains("there are no access rules", broker.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Change_only_rules_hold_at_once_for_who_is_subscribed()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("There is no SIGHUP.");
        await using BrokerProcess broker = await BrokerProcess.StartAsync();
        await using WireClient client = await WireClient.ConnectAsync(broker.Address("Mqtt"), new() { ClientId = "c" });
        await client.SubscribeAsync("#");
        await client.PublishAsync("t", "1");
        Assert.Equal("1", (await client.ExpectAsync<ServerPacket.Publish>()).Text);

        await broker.ReloadAsync("""{ "Broker": { "ChangeOnly": { "Rules": { "all": { "Filter": "t" } } } } }""", "Changed: change-only rules: all (1 rules now)");
        foreach (string value in (string[])["1", "1", "2"]) await client.PublishAsync("t", value);
        Assert.Equal("1", (await client.ExpectAsync<ServerPacket.Publish>()).Text); // the first one under the rule
        Assert.Equal("2", (await client.ExpectAsync<ServerPacket.Publish>()).Text);

        await broker.ReloadAsync("""{ "Broker": { "ChangeOnly": { "Rules": { "all": { "Filter": "t/$share" , "Deadband": "x" } } } } }""", "Nothing was changed");
        foreach (string value in (string[])["2", "3"]) await client.PublishAsync("t", value);
        Assert.Equal("3", (await client.ExpectAsync<ServerPacket.Publish>()).Text);
    }

    private static string Endpoint(string url) => $$"""{ "Broker": { "Endpoints": { "More": { "Url": "{{url}}" } } } }""";
}

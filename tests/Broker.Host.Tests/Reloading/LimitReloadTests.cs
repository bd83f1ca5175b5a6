using System.Net;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Host.Tests.Security;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Reloading;

/// <summary>Limits change while the broker runs, all at once or not at all.</summary>
public sealed class LimitReloadTests
{
    [Fact]
    public async Task A_limit_that_changed_holds_after_a_hangup_signal_and_a_fault_changes_nothing()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("Windows has no such signal");
        await using BrokerProcess broker = await BrokerProcess.StartAsync();
        await using WireClient first = await WireClient.ConnectAsync(broker.Address("Mqtt"), new() { ClientId = "1" });

        await broker.ReloadAsync("""{ "Broker": { "Limits": { "PerAddress": { "Connections": 1, "MessageRate": 0 } } } }""", "Nothing was changed");
        await using (WireClient second = await WireClient.ConnectAsync(broker.Address("Mqtt"), new() { ClientId = "2" })) await second.PingAsync();

        await broker.ReloadAsync("""{ "Broker": { "Limits": { "PerAddress": { "Connections": 1 } } } }""", "Changed: limits: Broker:Limits:PerAddress:Connections");

        await Eventually.Until("one more is refused", async () => await CodeAsync(broker) == ReasonCode.QuotaExceeded);
        await first.PingAsync();
    }

    [Fact]
    public async Task A_limit_of_failed_logins_changes_too()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("Windows has no such signal");
        using var users = new TempFolder();
        await using BrokerProcess broker = await BrokerProcess.StartAsync("--Broker:Auth:PasswordFile", users.Write("users", TestUsers.Text));

        await broker.ReloadAsync("""{ "Broker": { "Limits": { "FailedLoginsPerUser": 1 } } }""", "Changed: limits: Broker:Limits:FailedLoginsPerUser");

        Assert.Equal(ReasonCode.BadUserNameOrPassword, await FailAsync(broker));
        Assert.Equal(ReasonCode.QuotaExceeded, await FailAsync(broker));
    }

    [Fact]
    public async Task A_tenant_s_limits_change_and_who_is_in_it_does_not()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("Windows has no such signal");
        await using BrokerProcess broker = await BrokerProcess.StartAsync("--Broker:Tenants:acme:Endpoints", "Mqtt");

        await broker.ReloadAsync("""{ "Broker": { "Tenants": { "acme": { "Users": "x", "Limits": { "ConnectRate": 1000 } } } } }""", "Changed: limits: Broker:Tenants:acme:Limits:ConnectRate");
        await Eventually.Until("the rest is for later", () => broker.Error.Contains("next start: Broker:Tenants:acme:Users", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tenants_over_MQTT_and_HTTP_see_their_own_topics_only()
    {
        await using BrokerProcess broker = await BrokerProcess.StartAsync(
            "--Broker:Tenants:acme:Endpoints", "Mqtt,Http", "--Broker:Endpoints:Bolt:Url", "mqtt://127.0.0.1:0", "--Broker:Tenants:bolt:Endpoints", "Bolt");
        await using WireClient acme = await WireClient.ConnectAsync(broker.Address("Mqtt"), new() { ClientId = "c" });
        await using WireClient bolt = await WireClient.ConnectAsync(broker.Address("Bolt"), new() { ClientId = "c" });
        await acme.SubscribeAsync("#");
        await bolt.SubscribeAsync("#");
        using var http = new HttpClient();
        using var body = new StringContent("21");

        Assert.Equal(HttpStatusCode.NoContent, (await http.PutAsync(broker.Http("/topics/room/temp"), body, TestContext.Current.CancellationToken)).StatusCode);

        Assert.Equal("room/temp", (await acme.ExpectAsync<ServerPacket.Publish>()).Topic);
        await bolt.PublishAsync("own", "1");
        Assert.Equal("own", (await bolt.ExpectAsync<ServerPacket.Publish>()).Topic); // and nothing came before it
        Assert.Equal("21", await http.GetStringAsync(broker.Http("/topics/room/temp"), TestContext.Current.CancellationToken));
        Assert.Contains("\"topic\":\"room/temp\"", await http.GetStringAsync(broker.Http("/topics"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(broker.Http("/topics/own"), TestContext.Current.CancellationToken)).StatusCode);
    }

    private static async Task<ReasonCode> FailAsync(BrokerProcess broker)
    {
        await using WireClient client = await WireClient.OpenAsync(broker.Address("Mqtt"));
        return (await client.AskAsync(new() { ClientId = "a", UserName = "alice", Password = "wrong"u8.ToArray() })).ReasonCode;
    }

    private static async Task<ReasonCode> CodeAsync(BrokerProcess broker)
    {
        await using WireClient client = await WireClient.OpenAsync(broker.Address("Mqtt"));
        return (await client.AskAsync(new ConnectOptions { ClientId = "more" })).ReasonCode;
    }
}

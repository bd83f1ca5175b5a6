using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Audit;

/// <summary>What the running program writes into its audit log.</summary>
public sealed class AuditProcessTests
{
    [Fact]
    public async Task Connects_takeovers_refusals_denials_limits_and_reloads_are_there_and_secrets_are_not()
    {
        await using BrokerProcess broker = BrokerProcess.Launch(
            [
                "--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:0", "--Broker:Endpoints:Http:Url", "", "--Broker:Acl:Path", "acl.txt",
                "--Broker:Audit:Path", "audit.log", "--Broker:Audit:DenialWindow", "00:00:01", "--Broker:Limits:PacketBytes", "1000",
            ],
            files: new Dictionary<string, string> { ["acl.txt"] = "everyone\n allow * t\n" });
        await broker.ReadyAsync();
        await using WireClient first = await WireClient.ConnectAsync(broker.Address("Mqtt"), new ConnectOptions { ClientId = "dev", UserName = "u", Password = "hunter2"u8.ToArray() });
        await using WireClient second = await WireClient.ConnectAsync(broker.Address("Mqtt"), new ConnectOptions { ClientId = "dev" });
        await second.PublishAsync("denied", "the-payload");
        await second.PublishAsync("denied", "the-payload");
        await using WireClient third = await WireClient.OpenAsync(broker.Address("Mqtt"));
        await third.SendAsync(ClientPackets.Connect(new ConnectOptions { ClientId = "will", Will = new WillOptions("denied", "last-words"u8.ToArray()) }));
        await second.SendAsync(ClientPackets.Publish(ProtocolVersion.V5, "t", new byte[2_000]));

        string path = Path.Combine(broker.Folder.Path, "audit.log");
        await Eventually.Until("the denials are written", () => File.ReadAllText(path).Contains("\"action\":\"publish\"", StringComparison.Ordinal));
        if (!OperatingSystem.IsWindows())
        {
            broker.Folder.Write("acl.txt", "everyone\n allow * u\n");
            broker.Signal(BrokerProcess.SigHup);
            await Eventually.Until("the reload is written", () => File.ReadAllText(path).Contains("\"event\":\"configuration\"", StringComparison.Ordinal));
        }

        broker.Signal(BrokerProcess.SigTerm);
        Assert.Equal(ExitCode.Success, await broker.ExitAsync());
        string text = File.ReadAllText(path);
        foreach (string expected in (string[])["\"event\":\"connect\"", "took over an earlier connection", "SessionTakenOver", "\"topic\":\"denied\"", "\"count\":2", "\"event\":\"refuse\"", "no right to leave this will", "PacketTooLarge"])
        {
            Assert.Contains(expected, text, StringComparison.Ordinal);
        }

        foreach (string secret in (string[])["hunter2", "the-payload", "last-words"]) Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refused_certificates_are_there_over_tls_and_over_websocket_a_line_each()
    {
        using var authority = new TestAuthority();
        using X509Certificate2 forged = authority.Issue("CN=\"dev\r\nforged\"");
        await using BrokerProcess broker = BrokerProcess.Launch(
            [
                .. Endpoint("Mqtt", "mqtts"), .. Endpoint("Http", "https"),
                "--Broker:Auth:ClientCertificates:CaFile", "ca.pem", "--Broker:Auth:ClientCertificates:Principal", "cn", "--Broker:Audit:Path", "audit.log",
            ],
            files: new Dictionary<string, string> { ["ca.pem"] = authority.Pem },
            prepare: folder => TestCertificates.WritePem(folder));
        await broker.ReadyAsync();
        foreach (X509Certificate2? shown in (X509Certificate2?[])[forged, null])
        {
            await Assert.ThrowsAnyAsync<Exception>(async () => await (await WireClient.OpenAsync(broker.Address("Mqtt"), shown)).ConnectAsync(new() { ClientId = "refused" }));
            await Assert.ThrowsAnyAsync<Exception>(() => WireClient.OpenWebSocketAsync(broker.Address("Http"), shown));
        }

        string path = Path.Combine(broker.Folder.Path, "audit.log");
        await Eventually.Until("all four are written", () => Told().Distinct().Count() == 4); // whoever is refused may try again
        Assert.All(Lines(), line => Assert.Equal("refuse", line.GetProperty("event").GetString()));
        Assert.All(Lines(), line => Assert.StartsWith("127.0.0.1:", line.GetProperty("address").GetString(), StringComparison.Ordinal));

        IEnumerable<(string? Listener, bool HasName)> Told() =>
            Lines().Select(line => (line.GetProperty("listener").GetString(), line.GetProperty("detail").GetString()!.Contains("dev\r\nforged", StringComparison.Ordinal)));

        JsonElement[] Lines() => [.. File.ReadAllText(path).Split('\n')[..^1].Select(line => JsonDocument.Parse(line).RootElement)]; // the last may be on its way
    }

    private static string[] Endpoint(string name, string scheme)
    {
        string key = "--Broker:Endpoints:" + name;
        return [$"{key}:Url", $"{scheme}://127.0.0.1:0", $"{key}:Certificate:Path", "server.pem", $"{key}:Certificate:KeyPath", "server.key", $"{key}:ClientCertificates", "require"];
    }
}

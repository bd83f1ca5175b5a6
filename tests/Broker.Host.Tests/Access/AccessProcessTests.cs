using System.Diagnostics;
using System.Net;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Access;

/// <summary>The running program goes by its rules, takes new ones at once, and never goes on without.</summary>
public sealed class AccessProcessTests
{
    private const string Open = "everyone\n  allow * #\n";
    private const string Closed = "everyone\n  allow * #\n  deny receive secret/#\n";

    [Fact]
    public async Task A_faulty_file_keeps_the_broker_from_starting_with_all_faults()
    {
        (int exitCode, _, string error) = await BrokerProcess.RunAsync(
            ["--Broker:Acl:Path", "acl.txt"], files: new Dictionary<string, string> { ["acl.txt"] = "everyone\n alow * #\n allow publsh t\n" });

        Assert.Equal(ExitCode.BadConfiguration, exitCode);
        Assert.Contains("acl.txt:2: 'alow' begins no line; did you mean allow?", error, StringComparison.Ordinal);
        Assert.Contains("acl.txt:3: 'publsh' is not an action; did you mean publish?", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData(null)]
    public async Task An_empty_or_missing_file_opens_nothing(string? text)
    {
        var files = new Dictionary<string, string>();
        if (text is not null) files["acl.txt"] = text;

        (int exitCode, string output, _) = await BrokerProcess.RunAsync(["--Broker:Acl:Path", "acl.txt"], files: files);

        Assert.Equal((ExitCode.BadConfiguration, ""), (exitCode, output));
    }

    [Fact]
    public async Task A_right_that_is_taken_away_stops_a_live_subscriber_and_polls_within_a_second()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("There is no SIGHUP.");
        await using BrokerProcess broker = BrokerProcess.Launch(
            ["--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:0", "--Broker:Endpoints:Http:Url", "http://127.0.0.1:0", "--Broker:Acl:Path", "acl.txt"],
            files: new Dictionary<string, string> { ["acl.txt"] = Open });
        await broker.ReadyAsync();
        using var http = new HttpClient();
        await using WireClient subscriber = await WireClient.OpenAsync(broker.Address("Mqtt"));
        await subscriber.ConnectAsync(new ConnectOptions { ClientId = "s" });
        await subscriber.SendAsync(ClientPackets.Subscribe(ProtocolVersion.V5, 1, "#", QualityOfService.AtMostOnce));
        await subscriber.ExpectAsync<ServerPacket.SubAck>();
        await http.PutAsync(broker.Http("/topics/secret/a"), new StringContent("1"), Eventually.Deadline());
        Assert.Equal("secret/a", (await subscriber.ExpectAsync<ServerPacket.Publish>()).Topic);

        broker.Folder.Write("acl.txt", Closed);
        var watch = Stopwatch.StartNew();
        broker.Signal(BrokerProcess.SigHup);
        await Eventually.Until("the poll is refused", async () => (await http.GetAsync(broker.Http("/topics/secret/a"), Eventually.Deadline())).StatusCode == HttpStatusCode.Forbidden);
        TestContext.Current.TestOutputHelper?.WriteLine($"refused after {watch.Elapsed.TotalMilliseconds} ms");
        await http.PutAsync(broker.Http("/topics/secret/a"), new StringContent("2"), Eventually.Deadline());
        await http.PutAsync(broker.Http("/topics/open"), new StringContent("3"), Eventually.Deadline());

        Assert.Equal("open", (await subscriber.ExpectAsync<ServerPacket.Publish>()).Topic);
        await Eventually.Until("the change is told", () => broker.Error.Contains("Changed: access rules: 2 rules of acl.txt", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("everyone\n  alow * #\n", "did you mean allow?")]
    [InlineData("", "has no rule")]
    public async Task A_faulty_file_at_a_reload_leaves_the_rules_in_force(string text, string expected)
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("There is no SIGHUP.");
        await using BrokerProcess broker = BrokerProcess.Launch(
            ["--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:0", "--Broker:Endpoints:Http:Url", "http://127.0.0.1:0", "--Broker:Acl:Path", "acl.txt"],
            files: new Dictionary<string, string> { ["acl.txt"] = Closed });
        await broker.ReadyAsync();
        using var http = new HttpClient();

        broker.Folder.Write("acl.txt", text);
        broker.Signal(BrokerProcess.SigHup);
        await Eventually.Until("the refusal is told", () => broker.Error.Contains("Nothing was changed", StringComparison.Ordinal));

        Assert.Contains(expected, broker.Error, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await http.GetAsync(broker.Http("/topics/secret/a"), Eventually.Deadline())).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(broker.Http("/topics/open"), Eventually.Deadline())).StatusCode);
    }
}

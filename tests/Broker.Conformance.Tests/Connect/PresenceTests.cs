using System.Globalization;
using System.Text.Json;
using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>The documents under <c>$presence/</c>: who is there since when, and why somebody is not.</summary>
public sealed class PresenceTests
{
    [Theory]
    [ClassData(typeof(AllVersions))]
    public void Coming_and_going_is_published_and_kept(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("$presence/client");

        TestClient client = broker.Connect("client", version);
        Document online = Read(watcher);
        broker.Elapse(5);
        client.Disconnect();
        Document offline = Read(watcher);

        Assert.Equal(("online", "connected", false), (online.State, online.Reason, online.Retain));
        Assert.Equal(("offline", "disconnected", false), (offline.State, offline.Reason, offline.Retain));
        Assert.Equal(TimeSpan.FromSeconds(5), offline.Since - online.Since);
        Assert.Equal(broker.Time.GetUtcNow(), offline.Since);
        watcher.ExpectNothing();
        Assert.Equal(("offline", "disconnected", true), Kept(broker, "client"));
    }

    public static TheoryData<string, string> Ends() => new()
    {
        { "disconnect", "disconnected" }, { "disconnect with will", "disconnected" }, { "silence", "keep-alive" }, { "drop", "network" },
        { "takeover", "taken-over" }, { "re-authentication", "kicked" }, { "malformed", "protocol" }, { "stop", "shutdown" },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task The_reason_says_how_the_connection_ended(string end, string reason)
    {
        bool isReAuthentication = end == "re-authentication";
        var method = new ScriptedMethod(turn => new(
            turn.Exchange == 0 || !isReAuthentication ? ScriptedMethod.Accept("user") : new AuthenticationStep(AuthenticationResult.Refuse(ReasonCode.NotAuthorized), default)));
        using var broker = new TestBroker(configure: parts => parts with { EnhancedAuthenticators = [method] });
        var options = new ConnectOptions { KeepAlive = 10, Properties = new Properties().AuthenticationMethod(ScriptedMethod.Name) };
        TestClient client = broker.Connect(options);
        TestClient watcher = broker.Watch("$presence/client");
        Assert.Equal("online", Read(watcher).State);

        switch (end)
        {
            case "disconnect": client.Disconnect(); break;
            case "disconnect with will": client.Disconnect(ReasonCode.DisconnectWithWillMessage); break;
            case "silence": broker.Elapse(16); break;
            case "drop": client.Drop(); break;
            case "takeover": broker.SendConnect(options); break;
            case "re-authentication": client.Send(ClientPackets.Auth(ReasonCode.ReAuthenticate, new Properties().AuthenticationMethod(ScriptedMethod.Name))); break;
            case "malformed": client.Send([0x00, 0x00]); break;
            default: await broker.StopAsync(TestContext.Current.CancellationToken); break;
        }

        Document offline = Read(watcher);
        Assert.Equal(("offline", reason), (offline.State, offline.Reason));
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    public void A_takeover_is_told_as_one_going_and_one_coming(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient first = broker.Resume("client", version);
        TestClient watcher = broker.Watch("$presence/client");
        Read(watcher);

        broker.Resume("client", version);
        first.Drop();

        Assert.Equal([("offline", "taken-over"), ("online", "connected")], [Words(watcher), Words(watcher)]);
        watcher.ExpectNothing();
        Assert.Equal(("online", "connected", true), Kept(broker, "client"));
    }

    [Theory]
    [InlineData("a+b", "$presence/a%2Bb")]
    [InlineData("a#", "$presence/a%23")]
    [InlineData("100%", "$presence/100%25")]
    [InlineData("%2B", "$presence/%252B")]
    [InlineData("a/b/c", "$presence/a/b/c")]
    [InlineData("\"quoted\" \u00FC", "$presence/\"quoted\" \u00FC")]
    [InlineData("$SYS", "$presence/$SYS")]
    [InlineData("../../x", "$presence/../../x")]
    public void Characters_that_no_topic_can_hold_are_escaped(string clientId, string topic)
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("$presence/#");
        watcher.All();

        broker.Connect(clientId);

        Assert.Equal(topic, watcher.Expect<ServerPacket.Publish>().Topic);
    }

    [Fact]
    public void An_identifier_of_nothing_but_slashes_harms_nobody()
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("$presence/#");
        watcher.All();

        broker.Connect(new string('/', 256)).Disconnect();

        Assert.Equal("$presence/" + new string('/', 256), watcher.Expect<ServerPacket.Publish>().Topic);
        Assert.Equal(("offline", "disconnected"), Words(watcher));
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    public void No_client_can_write_to_it(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        broker.Connect("victim");
        TestClient forger = broker.Connect("forger", version);

        forger.Send(ClientPackets.Publish(version, "$presence/victim", "{}", retain: true));
        forger.Send(ClientPackets.Publish(version, "$presence/victim", [], QualityOfService.AtLeastOnce, 1, retain: true));

        Assert.Equal(("online", "connected", true), Kept(broker, "victim"));
    }

    [Fact]
    public void Wildcards_at_the_start_do_not_see_it()
    {
        using var broker = new TestBroker();
        TestClient watcher = broker.Watch("#");
        TestClient other = broker.Watch("+/client");

        broker.Connect("client").Disconnect();

        watcher.ExpectNothing();
        other.ExpectNothing();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void The_longest_offline_are_forgotten_past_the_limit(int limit)
    {
        using var broker = new TestBroker(new BrokerLimits { OfflinePresence = limit });
        TestClient stays = broker.Connect("stays");

        for (int i = 0; i < limit + 2; i++) broker.Connect($"c{i}").Disconnect();
        broker.Connect("c1"); // is back, and counts no more
        string[] known = [.. Everyone(broker).Where(topic => topic != "$presence/stays" && !topic.Contains("watcher", StringComparison.Ordinal))];

        Assert.Equal(["$presence/c1", .. Enumerable.Range(2, limit).Select(i => $"$presence/c{i}")], known.Order());
        stays.ExpectNothing();
    }

    [Fact]
    public void A_client_with_a_kept_session_is_not_forgotten()
    {
        using var broker = new TestBroker(new BrokerLimits { OfflinePresence = 1 });
        broker.Resume("kept", expirySeconds: 60).Disconnect();

        for (int i = 0; i < 5; i++) broker.Connect($"c{i}").Disconnect();
        string[] during = Everyone(broker);
        broker.Elapse(61); // the session is over: from now on it is one of many
        broker.Connect("c5").Disconnect();

        Assert.Contains("$presence/kept", during);
        Assert.DoesNotContain("$presence/kept", Everyone(broker));
    }

    private static Document Read(TestClient watcher)
    {
        ServerPacket.Publish message = watcher.Expect<ServerPacket.Publish>();
        using JsonDocument json = JsonDocument.Parse(message.Payload);
        Assert.Equal(["state", "since", "reason"], json.RootElement.EnumerateObject().Select(property => property.Name));
        string since = json.RootElement.GetProperty("since").GetString()!;
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$", since); // RFC 3339
        return new Document(
            json.RootElement.GetProperty("state").GetString()!, DateTimeOffset.Parse(since, CultureInfo.InvariantCulture),
            json.RootElement.GetProperty("reason").GetString()!, message.Retain);
    }

    private static (string State, string Reason) Words(TestClient watcher)
    {
        Document document = Read(watcher);
        return (document.State, document.Reason);
    }

    private static (string State, string Reason, bool Retain) Kept(TestBroker broker, string clientId)
    {
        TestClient reader = broker.Connect(new ConnectOptions { ClientId = "reader", Version = ProtocolVersion.V311 });
        reader.Subscribe("$presence/" + clientId);
        Document document = Read(reader);
        return (document.State, document.Reason, document.Retain);
    }

    private static string[] Everyone(TestBroker broker)
    {
        TestClient watcher = broker.Watch("$presence/+");
        string[] topics = [.. watcher.All().OfType<ServerPacket.Publish>().Select(p => p.Topic)];
        watcher.Drop();
        return topics;
    }

    private sealed record Document(string State, DateTimeOffset Since, string Reason, bool Retain);
}

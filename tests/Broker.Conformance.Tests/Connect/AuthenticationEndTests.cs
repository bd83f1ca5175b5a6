using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>What a client authenticated with may hold for a time only; then the connection ends, and the session does not.</summary>
public sealed class AuthenticationEndTests
{
    [Theory]
    [InlineData(5)]
    [InlineData(3_600)]
    public void A_connection_ends_with_what_its_client_showed_and_keeps_its_session(int seconds)
    {
        TestBroker? here = null;
        using TestBroker broker = here = new TestBroker(configure: parts => parts with { Authenticator = Until(() => here!.Time.GetUtcNow().AddSeconds(seconds)) });
        TestClient watcher = broker.Watch("w");
        TestClient client = broker.Connect(Options(keepAlive: 0));

        broker.Pause(TimeSpan.FromSeconds(seconds - 1)); // as long as the broker's clock stands still, it looks at the wall's
        client.Send(ClientPackets.PingReq());
        client.Expect<ServerPacket.PingResp>();
        broker.Advance(TimeSpan.FromSeconds(62));

        client.ExpectClosed(ReasonCode.MaximumConnectTime);
        Assert.Equal("gone", watcher.NextText());
        Assert.True(broker.Connect(Options(keepAlive: 0)).ConnAck.SessionPresent);
    }

    [Fact]
    public void A_client_of_3_1_1_is_just_cut_off()
    {
        TestBroker? here = null;
        using TestBroker broker = here = new TestBroker(configure: parts => parts with { Authenticator = Until(() => here!.Time.GetUtcNow().AddSeconds(5)) });
        TestClient client = broker.Connect("c", ProtocolVersion.V311);

        broker.Advance(TimeSpan.FromSeconds(4));
        client.ExpectNothing();
        broker.Advance(TimeSpan.FromSeconds(2));

        client.ExpectClosed();
    }

    [Fact]
    public void Who_is_gone_before_leaves_nothing_behind()
    {
        TestBroker? here = null;
        using TestBroker broker = here = new TestBroker(configure: parts => parts with { Authenticator = Until(() => here!.Time.GetUtcNow().AddSeconds(5)) });
        int timers = broker.Broker.Context.Wheel.Count;

        broker.Connect("c").Disconnect();
        broker.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(timers, broker.Broker.Context.Wheel.Count);
        Assert.DoesNotContain(broker.Log, entry => entry.Text.Contains("has expired", StringComparison.Ordinal));
    }

    [Fact]
    public void What_has_ended_already_lets_nobody_in()
    {
        TestBroker? here = null;
        using TestBroker broker = here = new TestBroker(configure: parts => parts with { Authenticator = Until(() => here!.Time.GetUtcNow()) });

        broker.SendConnect(Options(keepAlive: 60)).ExpectRefused(ReasonCode.NotAuthorized);
    }

    [Fact]
    [Clause("MQTT-4.12.1-1")]
    public void Authenticating_again_moves_the_end_and_may_take_it_away()
    {
        TestBroker? here = null;
        var method = new ScriptedMethod(turn => new(new AuthenticationStep(
            AuthenticationResult.Accept(new Principal("script", "user"), turn.Exchange == 2 ? null : here!.Time.GetUtcNow().AddSeconds(10)), default)));
        using TestBroker broker = here = new TestBroker(configure: parts => parts with { EnhancedAuthenticators = [method] });
        TestClient client = broker.Connect(Options(keepAlive: 0) with { Properties = new Properties().AuthenticationMethod(ScriptedMethod.Name) });

        broker.Advance(TimeSpan.FromSeconds(8));
        Again(client);
        broker.Advance(TimeSpan.FromSeconds(8));
        client.ExpectNothing();
        Again(client);
        broker.Advance(TimeSpan.FromMinutes(10));
        client.ExpectNothing();
        Again(client);
        broker.Advance(TimeSpan.FromSeconds(12));

        client.ExpectClosed(ReasonCode.MaximumConnectTime);
    }

    private static void Again(TestClient client)
    {
        client.Send(ClientPackets.Auth(ReasonCode.ReAuthenticate, new Properties().AuthenticationMethod(ScriptedMethod.Name)));
        Assert.Equal(ReasonCode.Success, client.Expect<ServerPacket.Auth>().ReasonCode);
    }

    private static FakeAuthenticator Until(Func<DateTimeOffset> end) =>
        new((request, _) => new(AuthenticationResult.Accept(new Principal("user", request.ClientId), request.ClientId == "c" ? end() : null)));

    private static ConnectOptions Options(ushort keepAlive) => new()
    {
        ClientId = "c",
        CleanStart = false,
        KeepAlive = keepAlive,
        Properties = new Properties().SessionExpiryInterval(100_000),
        Will = new WillOptions("w", "gone"u8.ToArray()),
    };
}

using System.Text;
using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>3.15 and 4.12: authentication in several steps before CONNACK.</summary>
public sealed class EnhancedAuthenticationTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [Clause("MQTT-3.15.1-1")]
    [Clause("MQTT-3.15.2-1")]
    [Clause("MQTT-4.12.0-2")]
    [Clause("MQTT-4.12.0-5")]
    [Clause("MQTT-3.2.0-1")]
    public void An_exchange_of_several_rounds_ends_with_CONNACK(int rounds)
    {
        ScriptedMethod method = ScriptedMethod.After(rounds);
        using TestBroker broker = With(method);

        TestClient client = broker.SendConnect(Begin("first"));
        for (int i = 1; i <= rounds; i++)
        {
            ServerPacket.Auth challenge = client.Expect<ServerPacket.Auth>();
            Assert.Equal((ReasonCode.ContinueAuthentication, ScriptedMethod.Name, $"challenge {i}"), (challenge.ReasonCode, challenge.Method, Text(challenge.Data)));
            client.ExpectNothing();
            client.Send(Continue($"answer {i}"));
        }

        ServerPacket.ConnAck answer = client.Expect<ServerPacket.ConnAck>();
        Assert.Equal(ReasonCode.Success, answer.ReasonCode);
        Assert.Equal(ScriptedMethod.Name, answer.Properties.Text(PropertyId.AuthenticationMethod));
        Assert.Equal("welcome", Text(answer.Properties.Bytes(PropertyId.AuthenticationData)));
        Assert.Equal(["first", .. Enumerable.Range(1, rounds).Select(i => $"answer {i}")], method.Received);
    }

    [Theory]
    [InlineData("NONE")]
    [InlineData("script")] // case matters
    [InlineData("")]
    [Clause("MQTT-4.12.0-1")]
    public void A_method_that_is_not_offered_is_refused(string name)
    {
        using TestBroker broker = With(ScriptedMethod.After(0));

        TestClient client = broker.SendConnect(new ConnectOptions { Properties = new Properties().AuthenticationMethod(name) });

        client.ExpectRefused(ReasonCode.BadAuthenticationMethod);
    }

    [Fact]
    [Clause("MQTT-4.12.0-1")]
    public void Without_any_method_every_method_is_refused_however_long_its_name()
    {
        using var broker = new TestBroker(new BrokerLimits { ConnectPacketBytes = 100_000 });

        TestClient client = broker.SendConnect(new ConnectOptions { Properties = new Properties().AuthenticationMethod(new string('x', 65_535)) });

        client.ExpectRefused(ReasonCode.BadAuthenticationMethod);
    }

    [Fact]
    [Clause("MQTT-4.12.0-6")]
    public void A_client_that_names_no_method_gets_no_AUTH_and_no_method()
    {
        using TestBroker broker = With(ScriptedMethod.After(1));

        TestClient client = broker.Connect("client");

        Assert.False(client.ConnAck.Properties.Has(PropertyId.AuthenticationMethod));
        Assert.False(client.ConnAck.Properties.Has(PropertyId.AuthenticationData));
        client.ExpectNothing();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [Clause("MQTT-4.12.0-4")]
    public void The_exchange_may_be_refused_at_any_step(int step)
    {
        var method = new ScriptedMethod(turn => new(
            turn.Number < step ? ScriptedMethod.More("c") : new AuthenticationStep(AuthenticationResult.Refuse(ReasonCode.NotAuthorized, "no"), default)));
        using TestBroker broker = With(method);

        TestClient client = broker.SendConnect(Begin("first"));
        for (int i = 0; i < step; i++)
        {
            client.Expect<ServerPacket.Auth>();
            client.Send(Continue("a"));
        }

        client.ExpectRefused(ReasonCode.NotAuthorized);
    }

    public static TheoryData<string> OutOfTurn() => ["PINGREQ", "PUBLISH", "SUBSCRIBE", "CONNECT", "CONNACK", "0x19", "0x00", "method", "no method", "empty"];

    [Theory]
    [MemberData(nameof(OutOfTurn))]
    [Clause("MQTT-3.1.2-30")]
    [Clause("MQTT-3.15.2-1")]
    [Clause("MQTT-3.14.0-1")]
    [Clause("MQTT-4.12.0-3")]
    [Clause("MQTT-4.12.0-5")]
    public void Only_the_right_AUTH_may_come_during_the_exchange(string what)
    {
        using TestBroker broker = With(ScriptedMethod.After(1));
        TestClient watcher = broker.Watch("#");
        TestClient client = broker.SendConnect(Begin("first"));
        client.Expect<ServerPacket.Auth>();

        client.Send(what switch
        {
            "PINGREQ" => ClientPackets.PingReq(),
            "PUBLISH" => ClientPackets.Publish(ProtocolVersion.V5, "a", "1"),
            "SUBSCRIBE" => ClientPackets.Subscribe(ProtocolVersion.V5, 1, "a"),
            "CONNECT" => ClientPackets.Connect(Begin("first")),
            "CONNACK" => [0x20, 0x03, 0x00, 0x00, 0x00],
            "0x19" => ClientPackets.Auth(ReasonCode.ReAuthenticate, new Properties().AuthenticationMethod(ScriptedMethod.Name)),
            "0x00" => ClientPackets.Auth(ReasonCode.Success, new Properties().AuthenticationMethod(ScriptedMethod.Name)),
            "method" => ClientPackets.Auth(ReasonCode.ContinueAuthentication, new Properties().AuthenticationMethod("OTHER")),
            "no method" => ClientPackets.Auth(ReasonCode.ContinueAuthentication, []),
            _ => [0xF0, 0x00],
        });

        client.ExpectRefused(ReasonCode.ProtocolError);
        watcher.ExpectNothing();
    }

    [Fact]
    [Clause("MQTT-3.1.2-30")]
    public void DISCONNECT_ends_the_exchange()
    {
        using TestBroker broker = With(ScriptedMethod.After(1));
        TestClient client = broker.SendConnect(Begin("first") with { Will = new WillOptions("w", [1]) });
        client.Expect<ServerPacket.Auth>();

        client.Send(ClientPackets.Disconnect(ProtocolVersion.V5));

        client.ExpectClosed();
        Assert.Equal(0, broker.Broker.ConnectionCount);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void An_exchange_has_as_many_rounds_as_the_limit_says(int limit)
    {
        using TestBroker broker = With(ScriptedMethod.After(limit), new BrokerLimits { AuthenticationRounds = limit });
        using TestBroker other = With(ScriptedMethod.After(limit + 1), new BrokerLimits { AuthenticationRounds = limit });
        TestClient within = broker.SendConnect(Begin("first"));
        TestClient beyond = other.SendConnect(Begin("first"));

        for (int i = 0; i < limit; i++)
        {
            within.Expect<ServerPacket.Auth>();
            within.Send(Continue("a"));
            beyond.Expect<ServerPacket.Auth>();
            beyond.Send(Continue("a"));
        }

        Assert.Equal(ReasonCode.Success, within.Expect<ServerPacket.ConnAck>().ReasonCode);
        beyond.Expect<ServerPacket.Auth>();
        beyond.Send(Continue("a"));
        beyond.ExpectRefused(ReasonCode.BadAuthenticationMethod);
    }

    [Theory]
    [InlineData("at once")]
    [InlineData("in its task")]
    [InlineData("later")]
    public void A_method_that_throws_lets_nobody_in(string when)
    {
        var later = new TaskCompletionSource<AuthenticationStep>();
        var method = new ScriptedMethod(_ => when switch
        {
            "at once" => throw new InvalidOperationException("broken"),
            "in its task" => ValueTask.FromException<AuthenticationStep>(new InvalidOperationException("broken")),
            _ => new(later.Task),
        });
        using TestBroker broker = With(method);
        broker.ToleratesErrors = true;

        TestClient client = broker.SendConnect(Begin("first"));
        later.TrySetException(new InvalidOperationException("broken"));
        broker.Settle();

        client.ExpectRefused(ReasonCode.ServerUnavailable);
    }

    [Fact]
    public void A_step_may_take_time_and_what_comes_meanwhile_waits()
    {
        var later = new TaskCompletionSource<AuthenticationStep>();
        using TestBroker broker = With(new ScriptedMethod(turn => turn.Number == 0 ? new(later.Task) : new(ScriptedMethod.Accept("user"))));
        TestClient client = broker.SendConnect(Begin("first"));

        client.Send(Continue("early"), ClientPackets.PingReq()); // the client guesses what will be asked
        client.ExpectNothing();
        later.SetResult(ScriptedMethod.More("challenge"));
        broker.Settle();

        client.Expect<ServerPacket.Auth>();
        Assert.Equal(ReasonCode.Success, client.Expect<ServerPacket.ConnAck>().ReasonCode);
        client.Expect<ServerPacket.PingResp>();
    }

    [Fact]
    public void An_exchange_has_to_end_within_the_time_for_CONNECT()
    {
        using TestBroker broker = With(ScriptedMethod.After(5), new BrokerLimits { ConnectTimeout = TimeSpan.FromSeconds(3) });
        TestClient client = broker.SendConnect(Begin("first"));
        client.Expect<ServerPacket.Auth>();
        broker.Advance(TimeSpan.FromSeconds(2.5));
        client.Send(Continue("a"));
        client.Expect<ServerPacket.Auth>();

        broker.Advance(TimeSpan.FromSeconds(0.7));

        client.ExpectRefused(ReasonCode.ServerBusy);
    }

    [Theory]
    [InlineData(ProtocolVersion.V31)]
    [InlineData(ProtocolVersion.V311)]
    public void Before_MQTT_5_there_is_no_AUTH(ProtocolVersion version)
    {
        using TestBroker broker = With(ScriptedMethod.After(0));
        TestClient client = broker.Connect("client", version);

        client.Send(ClientPackets.Auth(ReasonCode.ReAuthenticate, new Properties().AuthenticationMethod(ScriptedMethod.Name)));

        client.ExpectClosed();
    }

    [Fact]
    public void The_exchange_decides_whose_session_it_is()
    {
        using TestBroker broker = With(new ScriptedMethod(turn => new(ScriptedMethod.Accept(turn.Data))));
        ConnectOptions options = Begin("alice") with { CleanStart = false };
        TestClient alice = broker.SendConnect(options);
        Assert.Equal(ReasonCode.Success, alice.Expect<ServerPacket.ConnAck>().ReasonCode);

        TestClient bob = broker.SendConnect(Begin("bob") with { CleanStart = false });

        bob.ExpectRefused(ReasonCode.ClientIdentifierNotValid);
        alice.ExpectNothing();
    }

    private static TestBroker With(ScriptedMethod method, BrokerLimits? limits = null) =>
        new(limits, parts => parts with { EnhancedAuthenticators = [method] });

    private static ConnectOptions Begin(string data) => new()
    {
        Properties = new Properties().AuthenticationMethod(ScriptedMethod.Name).AuthenticationData(Encoding.UTF8.GetBytes(data)),
    };

    private static byte[] Continue(string data) => ClientPackets.Auth(
        ReasonCode.ContinueAuthentication, new Properties().AuthenticationMethod(ScriptedMethod.Name).AuthenticationData(Encoding.UTF8.GetBytes(data)));

    private static string Text(byte[]? data) => Encoding.UTF8.GetString(data ?? []);
}

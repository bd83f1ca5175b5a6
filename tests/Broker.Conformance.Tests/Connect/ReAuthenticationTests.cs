using System.Text;
using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>4.12.1: a connected client authenticates again.</summary>
public sealed class ReAuthenticationTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [Clause("MQTT-4.12.1-1")]
    [Clause("MQTT-4.12.0-5")]
    [Clause("MQTT-3.15.2-1")]
    public void A_client_may_authenticate_again_and_again(int rounds)
    {
        using TestBroker broker = With(turn => new(
            turn.Exchange > 0 && turn.Number < rounds ? ScriptedMethod.More("again") : ScriptedMethod.Accept("user", "fine")));
        TestClient client = Connect(broker);

        for (int times = 0; times < 3; times++)
        {
            client.Send(Auth(ReasonCode.ReAuthenticate));
            for (int i = 0; i < rounds; i++)
            {
                Assert.Equal(ReasonCode.ContinueAuthentication, client.Expect<ServerPacket.Auth>().ReasonCode);
                client.Send(Auth(ReasonCode.ContinueAuthentication));
            }

            ServerPacket.Auth done = client.Expect<ServerPacket.Auth>();
            Assert.Equal((ReasonCode.Success, ScriptedMethod.Name, "fine"), (done.ReasonCode, done.Method, Encoding.UTF8.GetString(done.Data!)));
        }

        client.ExpectNothing();
    }

    [Fact]
    public void Everything_else_goes_on_meanwhile()
    {
        var later = new TaskCompletionSource<AuthenticationStep>();
        using TestBroker broker = With(turn => turn.Exchange == 0 ? new(ScriptedMethod.Accept("user")) : new(later.Task));
        TestClient client = Connect(broker);
        client.Subscribe("a");

        client.Send(Auth(ReasonCode.ReAuthenticate), ClientPackets.Publish(ProtocolVersion.V5, "a", "1"), ClientPackets.PingReq());
        Assert.Equal([PacketType.PingResp, PacketType.Publish], client.All().Select(p => p.Type).Order().Reverse());
        later.SetResult(ScriptedMethod.Accept("user"));

        Assert.Equal(ReasonCode.Success, client.Expect<ServerPacket.Auth>().ReasonCode);
        client.ExpectNothing();
    }

    [Theory]
    [InlineData(0x87, 0x87)]
    [InlineData(0x97, 0x97)]
    [InlineData(0x86, 0x87)] // CONNACK's alone
    [InlineData(0x8A, 0x87)]
    [InlineData(0x00, 0x87)] // no reason at all
    [Clause("MQTT-4.12.1-2")]
    [Clause("MQTT-3.14.2-1")]
    public void A_refusal_ends_the_connection_with_a_reason_that_DISCONNECT_knows(byte reason, byte told)
    {
        using TestBroker broker = With(turn => new(
            turn.Exchange == 0 ? ScriptedMethod.Accept("user") : new AuthenticationStep(AuthenticationResult.Refuse((ReasonCode)reason, "no more"), default)));
        TestClient watcher = broker.Watch("w");
        TestClient client = Connect(broker);

        client.Send(Auth(ReasonCode.ReAuthenticate));

        client.ExpectClosed((ReasonCode)told);
        Assert.Equal("gone", watcher.NextText()); // it was no goodbye
    }

    [Fact]
    [Clause("MQTT-4.12.1-2")]
    public void Another_identity_than_before_ends_the_connection()
    {
        using TestBroker broker = With(turn => new(ScriptedMethod.Accept(turn.Exchange == 0 ? "alice" : "bob")));
        TestClient client = Connect(broker);

        client.Send(Auth(ReasonCode.ReAuthenticate));

        client.ExpectClosed(ReasonCode.NotAuthorized);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Clause("MQTT-4.12.1-2")]
    [Clause("MQTT-3.14.2-1")]
    public void A_method_that_throws_ends_the_connection(bool atOnce)
    {
        using TestBroker broker = With(turn =>
            turn.Exchange == 0 ? new(ScriptedMethod.Accept("user"))
            : atOnce ? throw new InvalidOperationException("broken")
            : ValueTask.FromException<AuthenticationStep>(new InvalidOperationException("broken")));
        broker.ToleratesErrors = true;
        TestClient client = Connect(broker);

        client.Send(Auth(ReasonCode.ReAuthenticate));

        client.ExpectClosed(ReasonCode.ServerBusy); // 0x88 is CONNACK's alone
    }

    [Theory]
    [InlineData("other method")]
    [InlineData("no method")]
    [InlineData("nothing under way")]
    [InlineData("success")]
    [InlineData("twice")]
    [InlineData("out of turn")]
    [Clause("MQTT-4.12.1-1")]
    [Clause("MQTT-3.15.2-1")]
    public void An_AUTH_that_does_not_fit_is_a_protocol_error(string what)
    {
        var never = new TaskCompletionSource<AuthenticationStep>();
        using TestBroker broker = With(turn => turn.Exchange == 0 ? new(ScriptedMethod.Accept("user")) : new(never.Task));
        TestClient client = Connect(broker);

        switch (what)
        {
            case "other method":
                client.Send(ClientPackets.Auth(ReasonCode.ReAuthenticate, new Properties().AuthenticationMethod("OTHER")));
                break;
            case "no method":
                client.Send(ClientPackets.Auth(ReasonCode.ReAuthenticate, []));
                break;
            case "nothing under way":
                client.Send(Auth(ReasonCode.ContinueAuthentication));
                break;
            case "success":
                client.Send(Auth(ReasonCode.Success));
                break;
            case "twice":
                client.Send(Auth(ReasonCode.ReAuthenticate), Auth(ReasonCode.ReAuthenticate));
                break;
            default:
                client.Send(Auth(ReasonCode.ReAuthenticate), Auth(ReasonCode.ContinueAuthentication));
                break;
        }

        client.ExpectClosed(ReasonCode.ProtocolError);
    }

    [Fact]
    [Clause("MQTT-4.12.0-7")]
    public void AUTH_without_a_method_in_CONNECT_is_a_protocol_error()
    {
        using TestBroker broker = With(_ => new(ScriptedMethod.Accept("user")));
        TestClient client = broker.Connect("client");

        client.Send(Auth(ReasonCode.ReAuthenticate));

        client.ExpectClosed(ReasonCode.ProtocolError);
    }

    [Fact]
    public void A_later_exchange_has_as_many_rounds_as_the_limit_says()
    {
        using TestBroker broker = With(
            turn => new(turn.Exchange == 0 ? ScriptedMethod.Accept("user") : ScriptedMethod.More("more")), new BrokerLimits { AuthenticationRounds = 3 });
        TestClient client = Connect(broker);

        client.Send(Auth(ReasonCode.ReAuthenticate));
        client.Expect<ServerPacket.Auth>();
        for (int i = 0; i < 2; i++)
        {
            client.Send(Auth(ReasonCode.ContinueAuthentication));
            client.Expect<ServerPacket.Auth>();
        }

        client.Send(Auth(ReasonCode.ContinueAuthentication));
        client.ExpectClosed(ReasonCode.BadAuthenticationMethod);
    }

    [Fact]
    [Clause("MQTT-3.14.4-1")]
    public void A_step_that_ends_behind_the_brokers_DISCONNECT_sends_nothing_more()
    {
        var later = new TaskCompletionSource<AuthenticationStep>();
        using TestBroker broker = With(turn => turn.Exchange != 1 ? new(ScriptedMethod.Accept("user")) : new(later.Task));
        TestClient client = Connect(broker);
        client.Send(Auth(ReasonCode.ReAuthenticate));
        client.Stall();
        Connect(broker); // takes over

        later.SetResult(ScriptedMethod.Accept("user"));
        client.Unstall();

        client.ExpectClosed(ReasonCode.SessionTakenOver);
    }

    private static TestBroker With(Func<ScriptedMethod.Turn, ValueTask<AuthenticationStep>> next, BrokerLimits? limits = null)
    {
        var method = new ScriptedMethod(next);
        return new TestBroker(limits, parts => parts with { EnhancedAuthenticators = [method] });
    }

    private static TestClient Connect(TestBroker broker) => broker.Connect(new ConnectOptions
    {
        Properties = new Properties().AuthenticationMethod(ScriptedMethod.Name),
        Will = new WillOptions("w", "gone"u8.ToArray()),
    });

    private static byte[] Auth(ReasonCode reason) => ClientPackets.Auth(reason, new Properties().AuthenticationMethod(ScriptedMethod.Name));
}

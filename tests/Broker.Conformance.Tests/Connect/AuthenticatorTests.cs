using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>The plug point for user name and password: <see cref="IAuthenticator"/> at once, later, refusing and failing.</summary>
public sealed class AuthenticatorTests
{
    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.4-2")]
    public void An_authenticator_may_answer_at_once_or_later(ProtocolVersion version)
    {
        var later = new TaskCompletionSource<AuthenticationResult>();
        var authenticator = new FakeAuthenticator((request, _) =>
            request.ClientId == "later" ? new(later.Task) : new(AuthenticationResult.Accept(Principal.Anonymous)));
        using TestBroker broker = With(authenticator);

        broker.Connect("at once", version);
        TestClient client = broker.SendConnect(new ConnectOptions { Version = version, ClientId = "later" });
        client.ExpectNothing();
        later.SetResult(AuthenticationResult.Accept(Principal.Anonymous));

        Assert.Equal(ReasonCode.Success, client.Expect<ServerPacket.ConnAck>().ReasonCode);
        client.ExpectNothing();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    public void Bytes_behind_CONNECT_wait_until_the_authenticator_has_decided(ProtocolVersion version)
    {
        var later = new TaskCompletionSource<AuthenticationResult>();
        using TestBroker broker = With(new FakeAuthenticator((_, _) => new(later.Task)));
        TestClient client = broker.Open(version);

        client.Send(ClientPackets.Connect(new ConnectOptions { Version = version }), ClientPackets.Subscribe(version, 1, "a"));
        bool wasPaused = client.IsPaused;
        client.Send(ClientPackets.Publish(version, "a", "1"), ClientPackets.PingReq());
        client.ExpectNothing();
        later.SetResult(AuthenticationResult.Accept(Principal.Anonymous));
        broker.Settle();

        Assert.True(wasPaused);
        Assert.Equal(
            [PacketType.ConnAck, PacketType.SubAck, PacketType.PingResp, PacketType.Publish],
            client.All().Select(packet => packet.Type).OrderBy(type => type switch
            {
                PacketType.ConnAck => 0,
                PacketType.SubAck => 1,
                PacketType.PingResp => 2,
                _ => 3,
            }));
        client.Send(ClientPackets.PingReq());
        client.Expect<ServerPacket.PingResp>();
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.4-6")]
    [Clause("V311:MQTT-3.1.4-5")]
    public void Bytes_behind_a_CONNECT_that_is_refused_later_are_dropped(ProtocolVersion version)
    {
        var later = new TaskCompletionSource<AuthenticationResult>();
        using TestBroker broker = With(new FakeAuthenticator((request, _) =>
            request.ClientId == "client" ? new(later.Task) : new(AuthenticationResult.Accept(Principal.Anonymous))));
        TestClient watcher = broker.Watch("#");
        TestClient client = broker.Open(version);

        client.Send(ClientPackets.Connect(new ConnectOptions { Version = version }), ClientPackets.Publish(version, "a", "1", retain: true));
        later.SetResult(AuthenticationResult.Refuse(ReasonCode.NotAuthorized));
        broker.Settle();

        client.ExpectRefused(ReasonCode.NotAuthorized);
        watcher.ExpectNothing();
    }

    public static TheoryData<ProtocolVersion, ReasonCode> Refusals()
    {
        var data = new TheoryData<ProtocolVersion, ReasonCode>();
        foreach (ProtocolVersion version in new AllVersions().Select(row => row.Data))
        {
            foreach (byte code in (byte[])[0x80, 0x83, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x97, 0x9C, 0x9D, 0x9F]) data.Add(version, (ReasonCode)code);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    [Clause("MQTT-3.1.4-2")]
    [Clause("MQTT-3.2.2-7")]
    [Clause("V311:MQTT-3.2.2-6")]
    public void A_refusal_is_told_in_the_words_of_the_version(ProtocolVersion version, ReasonCode reason)
    {
        using TestBroker broker = With(new FakeAuthenticator((_, _) => new(AuthenticationResult.Refuse(reason, "not you"))));

        TestClient client = broker.SendConnect(new ConnectOptions { Version = version });

        client.ExpectRefused(reason);
    }

    [Fact]
    public void A_refusal_may_say_why()
    {
        using TestBroker broker = With(new FakeAuthenticator((_, _) => new(AuthenticationResult.Refuse(ReasonCode.Banned, "until Monday"))));

        TestClient client = broker.SendConnect(new ConnectOptions());

        Assert.Equal("until Monday", client.Expect<ServerPacket.ConnAck>().ReasonString);
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.2.2-8")]
    public void An_authenticator_that_returns_nothing_lets_nobody_in(ProtocolVersion version)
    {
        using TestBroker broker = With(new FakeAuthenticator((_, _) => default));

        TestClient client = broker.SendConnect(new ConnectOptions { Version = version });

        client.ExpectRefused(ReasonCode.NotAuthorized);
    }

    [Theory]
    [InlineData(ProtocolVersion.V311, "at once")]
    [InlineData(ProtocolVersion.V5, "at once")]
    [InlineData(ProtocolVersion.V311, "in its task")]
    [InlineData(ProtocolVersion.V5, "in its task")]
    [InlineData(ProtocolVersion.V311, "later")]
    [InlineData(ProtocolVersion.V5, "later")]
    public void An_authenticator_that_throws_lets_nobody_in(ProtocolVersion version, string when)
    {
        var later = new TaskCompletionSource<AuthenticationResult>();
        using TestBroker broker = With(new FakeAuthenticator((_, _) => when switch
        {
            "at once" => throw new InvalidOperationException("the directory is away"),
            "in its task" => ValueTask.FromException<AuthenticationResult>(new InvalidOperationException("the directory is away")),
            _ => new(later.Task),
        }));
        broker.ToleratesErrors = true;

        TestClient client = broker.SendConnect(new ConnectOptions { Version = version });
        later.TrySetException(new InvalidOperationException("the directory is away"));
        broker.Settle();

        client.ExpectRefused(ReasonCode.ServerUnavailable);
        Assert.Contains(broker.Log, entry => entry.Text.Contains("the directory is away", StringComparison.Ordinal));
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    public void An_authenticator_that_takes_too_long_loses_its_client(ProtocolVersion version)
    {
        var later = new TaskCompletionSource<AuthenticationResult>();
        var authenticator = new FakeAuthenticator((_, _) => new(later.Task));
        using TestBroker broker = With(authenticator, new BrokerLimits { ConnectTimeout = TimeSpan.FromSeconds(3) });
        TestClient client = broker.SendConnect(new ConnectOptions { Version = version });

        broker.Advance(TimeSpan.FromSeconds(2.9));
        client.ExpectNothing();
        broker.Advance(TimeSpan.FromSeconds(0.2));

        client.ExpectRefused(ReasonCode.ServerBusy);
        Assert.True(authenticator.Token.IsCancellationRequested);
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    public void A_decision_that_comes_too_late_touches_nobody(ProtocolVersion version)
    {
        var later = new TaskCompletionSource<AuthenticationResult>();
        int questions = 0;
        using TestBroker broker = With(new FakeAuthenticator((request, _) =>
            request.ClientId == "client" && questions++ == 0 ? new(later.Task) : new(AuthenticationResult.Accept(Principal.Anonymous))));
        TestClient watcher = broker.Watch("w");
        TestClient left = broker.SendConnect(new ConnectOptions { Version = version, Will = new WillOptions("w", [1]) });
        left.Drop();
        TestClient back = broker.Resume("client", version);
        back.Subscribe("a");

        later.SetResult(AuthenticationResult.Accept(Principal.Anonymous));
        broker.Settle();

        back.ExpectNothing(); // not taken over by a connection that is gone
        watcher.ExpectNothing(); // nor is the will of a client that never was in
        Assert.Equal(2, broker.Broker.ConnectionCount);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_authorizer_that_fails_lets_nobody_in(bool isLate)
    {
        var later = new TaskCompletionSource<AuthenticationResult>();
        using var broker = new TestBroker(configure: parts => parts with
        {
            Authenticator = new FakeAuthenticator((_, _) => isLate ? new(later.Task) : new(AuthenticationResult.Accept(Principal.Anonymous))),
            Authorizer = new BrokenAuthorizer(),
        });
        broker.ToleratesErrors = true;

        TestClient client = broker.SendConnect(new ConnectOptions { Will = new WillOptions("w", [1]) });
        later.TrySetResult(AuthenticationResult.Accept(Principal.Anonymous));
        broker.Settle();

        Assert.Equal(ReasonCode.NotAuthorized, client.Expect<ServerPacket.ConnAck>().ReasonCode);
        client.ExpectClosed();
        Assert.Equal(0, broker.Broker.ConnectionCount);
    }

    [Fact]
    public void A_client_that_leaves_cancels_the_question()
    {
        var authenticator = new FakeAuthenticator((_, token) =>
        {
            var cancelled = new TaskCompletionSource<AuthenticationResult>();
            token.Register(() => cancelled.TrySetCanceled(token));
            return new(cancelled.Task);
        });
        using TestBroker broker = With(authenticator);
        TestClient client = broker.SendConnect(new ConnectOptions());

        client.Drop();

        Assert.True(authenticator.Token.IsCancellationRequested);
        Assert.Equal(0, broker.Broker.ConnectionCount);
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    public void The_authenticator_sees_what_the_client_showed(ProtocolVersion version)
    {
        var authenticator = new FakeAuthenticator();
        using TestBroker broker = With(authenticator);

        broker.Connect(new ConnectOptions { Version = version, ClientId = "id" });
        AuthenticationRequest none = authenticator.Last!;
        broker.Connect(new ConnectOptions { Version = version, ClientId = "id", UserName = "", Password = [7] });

        Assert.Equal(("id", null, null, "Test"), (none.ClientId, none.UserName, none.Password, none.Connection.Endpoint));
        Assert.Equal("", authenticator.Last!.UserName);
        Assert.Equal([7], authenticator.Last.Password!.Value.ToArray());
    }

    private sealed class BrokenAuthorizer : IAuthorizer
    {
        public bool IsAllowed(in AccessRequest request) =>
            request.Action == AccessAction.Will ? throw new InvalidOperationException("the rules are broken") : true;
    }

    private static TestBroker With(IAuthenticator authenticator, BrokerLimits? limits = null) =>
        new(limits, parts => parts with { Authenticator = authenticator });
}

using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>A session belongs to a principal: another one neither takes it over nor destroys nor sees it.</summary>
public sealed class PrincipalTests
{
    [Theory]
    [InlineData(ProtocolVersion.V31, true)]
    [InlineData(ProtocolVersion.V31, false)]
    [InlineData(ProtocolVersion.V311, true)]
    [InlineData(ProtocolVersion.V311, false)]
    [InlineData(ProtocolVersion.V5, true)]
    [InlineData(ProtocolVersion.V5, false)]
    [Clause("MQTT-3.1.3-8")]
    [Clause("V311:MQTT-3.1.3-9")]
    public void The_client_identifier_of_a_connected_principal_is_refused_to_others(ProtocolVersion version, bool cleanStart)
    {
        using TestBroker broker = With();
        TestClient watcher = broker.Watch("w");
        TestClient alice = Connect(broker, "alice", version, cleanStart: false);
        alice.Subscribe("a", QualityOfService.AtLeastOnce);

        TestClient bob = broker.SendConnect(Options("bob", version, cleanStart));
        broker.Connect("publisher").Send(ClientPackets.Publish(ProtocolVersion.V5, "a", "1", QualityOfService.AtLeastOnce, 1));

        bob.ExpectRefused(ReasonCode.ClientIdentifierNotValid);
        bob.Drop();
        Assert.Equal("1", alice.NextText());
        alice.ExpectNothing();
        watcher.ExpectNothing(); // neither of the wills
    }

    [Theory]
    [InlineData(ProtocolVersion.V31, true)]
    [InlineData(ProtocolVersion.V311, false)]
    [InlineData(ProtocolVersion.V5, true)]
    [InlineData(ProtocolVersion.V5, false)]
    [Clause("MQTT-3.1.3-8")]
    public void The_kept_session_of_a_principal_is_not_touched_by_others(ProtocolVersion version, bool cleanStart)
    {
        using TestBroker broker = With();
        TestClient alice = Connect(broker, "alice", version, cleanStart: false);
        alice.Subscribe("a", QualityOfService.AtLeastOnce);
        alice.Disconnect();
        broker.Connect("publisher").Send(ClientPackets.Publish(ProtocolVersion.V5, "a", "private", QualityOfService.AtLeastOnce, 1));

        TestClient bob = broker.SendConnect(Options("bob", version, cleanStart));
        bob.ExpectRefused(ReasonCode.ClientIdentifierNotValid);
        TestClient again = Connect(broker, "alice", version, cleanStart: false);

        Assert.Equal("private", again.NextText());
    }

    [Fact]
    public void An_identifier_is_free_again_when_its_session_is_over()
    {
        using TestBroker broker = With();
        Connect(broker, "alice", ProtocolVersion.V5, cleanStart: true, expiry: 0).Disconnect();

        TestClient bob = Connect(broker, "bob", ProtocolVersion.V5, cleanStart: false);

        Assert.False(bob.ConnAck.SessionPresent);
    }

    private static TestBroker With() => new(configure: parts => parts with { Authenticator = new FakeAuthenticator() });

    private static ConnectOptions Options(string user, ProtocolVersion version, bool cleanStart, uint expiry = 100) => new()
    {
        ClientId = "shared",
        UserName = user,
        Version = version,
        CleanStart = cleanStart,
        Properties = new Properties().SessionExpiryInterval(expiry),
        Will = new WillOptions("w", [1]),
    };

    private static TestClient Connect(TestBroker broker, string user, ProtocolVersion version, bool cleanStart, uint expiry = 100) =>
        broker.Connect(Options(user, version, cleanStart, expiry));
}

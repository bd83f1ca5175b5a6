using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>The client's Maximum Packet Size binds what answers a connection: CONNACK, AUTH, DISCONNECT (3.1.2.11.4).</summary>
public sealed class MaximumPacketSizeTests
{
    public static TheoryData<uint> Sizes() => [.. Enumerable.Range(1, 130).Select(size => (uint)size)];

    [Theory]
    [MemberData(nameof(Sizes))]
    [Clause("MQTT-3.1.2-24")]
    public void No_CONNACK_is_larger_than_the_client_takes(uint size)
    {
        using var broker = new TestBroker();
        Properties properties = new Properties().MaximumPacketSize(size).RequestResponseInformation(1).SessionExpiryInterval(uint.MaxValue);

        TestClient client = broker.SendConnect(new ConnectOptions { ClientId = "", KeepAlive = 0, Properties = properties });

        Assert.InRange(client.PendingBytes, 0, (int)size);
        if (client.Next() is ServerPacket.ConnAck { ReasonCode: ReasonCode.Success }) client.ExpectNothing();
        else client.ExpectClosed();
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    [Clause("MQTT-3.1.2-24")]
    [Clause("MQTT-3.2.2-19")]
    [Clause("MQTT-3.2.2-20")]
    public void A_refusal_leaves_out_what_would_not_fit(uint size)
    {
        using var broker = new TestBroker();

        TestClient client = broker.SendConnect(new ConnectOptions { Properties = new Properties().MaximumPacketSize(size).AuthenticationMethod("NONE") });

        Assert.InRange(client.PendingBytes, 0, (int)size);
        if (size >= 5) Assert.Equal(ReasonCode.BadAuthenticationMethod, client.Expect<ServerPacket.ConnAck>().ReasonCode);
        client.ExpectClosed();
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    [Clause("MQTT-3.1.2-24")]
    [Clause("MQTT-3.14.2-3")]
    [Clause("MQTT-3.14.2-4")]
    public void A_DISCONNECT_leaves_out_what_would_not_fit(uint size)
    {
        if (size < 20) return; // CONNACK does not fit
        using var broker = new TestBroker();
        TestClient client = broker.Connect(new ConnectOptions { Properties = new Properties().MaximumPacketSize(size) });

        client.Send([0xC1, 0x00]);

        Assert.InRange(client.PendingBytes, 3, (int)size);
        client.ExpectClosed(ReasonCode.MalformedPacket);
    }

    [Theory]
    [InlineData(40, 60u)]
    [InlineData(60, 100u)]
    [InlineData(100, 170u)]
    [InlineData(100, 1_000u)]
    [Clause("MQTT-3.2.2-19")]
    public void A_reason_is_measured_in_bytes(int characters, uint size)
    {
        var authenticator = new FakeAuthenticator((_, _) => new(AuthenticationResult.Refuse(ReasonCode.Banned, new string('\u2603', characters))));
        using var broker = new TestBroker(configure: parts => parts with { Authenticator = authenticator });

        TestClient client = broker.SendConnect(new ConnectOptions { Properties = new Properties().MaximumPacketSize(size) });

        Assert.InRange(client.PendingBytes, 5, (int)size);
        client.ExpectRefused(ReasonCode.Banned);
    }

    [Fact]
    public void A_reason_that_no_string_can_hold_is_left_out()
    {
        var authenticator = new FakeAuthenticator((_, _) => new(AuthenticationResult.Refuse(ReasonCode.Banned, new string('x', 70_000))));
        using var broker = new TestBroker(configure: parts => parts with { Authenticator = authenticator });

        TestClient client = broker.SendConnect(new ConnectOptions());

        client.ExpectRefused(ReasonCode.Banned);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    [Clause("MQTT-3.1.2-24")]
    [Clause("MQTT-3.15.2-2")]
    [Clause("MQTT-3.15.2-3")]
    public void An_AUTH_that_would_not_fit_is_not_sent(uint size)
    {
        var method = new ScriptedMethod(_ => new(ScriptedMethod.More(new string('c', 50))));
        using var broker = new TestBroker(configure: parts => parts with { EnhancedAuthenticators = [method] });

        TestClient client = broker.SendConnect(new ConnectOptions { Properties = new Properties().MaximumPacketSize(size).AuthenticationMethod(ScriptedMethod.Name) });

        Assert.InRange(client.PendingBytes, 0, (int)size);
        if (client.Next() is ServerPacket.Auth auth)
        {
            Assert.Null(auth.ReasonString);
            client.ExpectNothing();
        }
        else
        {
            client.ExpectClosed();
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    [Clause("MQTT-3.1.2-24")]
    [Clause("MQTT-3.4.2-2")]
    [Clause("MQTT-3.4.2-3")]
    [Clause("MQTT-3.5.2-2")]
    [Clause("MQTT-3.5.2-3")]
    [Clause("MQTT-3.6.2-2")]
    [Clause("MQTT-3.6.2-3")]
    [Clause("MQTT-3.7.2-2")]
    [Clause("MQTT-3.7.2-3")]
    [Clause("MQTT-3.9.2-1")]
    [Clause("MQTT-3.9.2-2")]
    [Clause("MQTT-3.11.2-1")]
    [Clause("MQTT-3.11.2-2")]
    public void An_acknowledgement_leaves_out_what_would_not_fit(uint size)
    {
        if (size < 20) return; // CONNACK does not fit
        using var broker = new TestBroker();
        TestClient client = broker.Connect(new ConnectOptions { Properties = new Properties().MaximumPacketSize(size) });
        byte[][] packets =
        [
            ClientPackets.Publish(ProtocolVersion.V5, "$SYS/mine", "1", QualityOfService.AtLeastOnce, 1),
            ClientPackets.Publish(ProtocolVersion.V5, "$SYS/mine", "1", QualityOfService.ExactlyOnce, 2),
            ClientPackets.PubRec(ProtocolVersion.V5, 3),
            ClientPackets.PubRel(ProtocolVersion.V5, 4),
            ClientPackets.Subscribe(ProtocolVersion.V5, 5, "a/#/b"),
            ClientPackets.Unsubscribe(ProtocolVersion.V5, 6, "a/#/b"),
        ];

        foreach (byte[] packet in packets)
        {
            client.Send(packet);
            Assert.InRange(client.PendingBytes, 4, (int)size);
            ServerPacket answer = Assert.Single(client.All());
            Assert.Empty(answer.Properties.UserProperties);
        }
    }
}

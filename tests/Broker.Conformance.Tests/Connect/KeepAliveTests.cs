using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Connect;

/// <summary>Keep alive and PINGREQ: 3.1.2.10, 3.2.2.3.14 and 3.12.</summary>
public sealed class KeepAliveTests
{
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(100);

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.2-22")]
    [Clause("MQTT-3.2.2-22")]
    [Clause("V311:MQTT-3.1.2-24")]
    public void A_silent_client_is_gone_after_one_and_a_half_times_its_keep_alive(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = Connect(broker, version, 10);

        broker.Advance(TimeSpan.FromSeconds(14.9));
        client.ExpectNothing();
        broker.Advance(2 * _tick); // 15 s, and one tick of the clock

        client.ExpectClosed(ReasonCode.KeepAliveTimeout);
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.12.4-1")]
    [Clause("MQTT-3.1.2-22")]
    [Clause("V311:MQTT-3.12.4-1")]
    public void PINGREQ_is_answered_and_keeps_the_connection(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = Connect(broker, version, 10);

        for (int i = 0; i < 10; i++)
        {
            broker.Advance(TimeSpan.FromSeconds(14.8));
            client.Send(ClientPackets.PingReq());
            client.Expect<ServerPacket.PingResp>();
        }

        client.ExpectNothing();
        broker.Advance(TimeSpan.FromSeconds(15.1));
        client.ExpectClosed(ReasonCode.KeepAliveTimeout);
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.2-22")]
    public void Any_packet_keeps_the_connection(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = Connect(broker, version, 10);
        byte[][] packets =
        [
            ClientPackets.Publish(version, "a", "1"), ClientPackets.Subscribe(version, 1, "a"), ClientPackets.Unsubscribe(version, 2, "a"),
            ClientPackets.PubRel(version, 3), ClientPackets.PubAck(version, 4),
        ];

        foreach (byte[] packet in packets)
        {
            broker.Advance(TimeSpan.FromSeconds(14.8));
            client.Send(packet);
        }

        Assert.False(client.IsClosed);
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    [Clause("MQTT-3.1.2-22")]
    public void Bytes_that_do_not_become_a_packet_do_not_keep_the_connection(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = Connect(broker, version, 10);
        byte[] slow = ClientPackets.Publish(version, "a", new byte[100]);

        for (int i = 0; i < 16 && !client.IsClosed; i++)
        {
            client.SendByteByByte([slow[i]]);
            broker.Advance(TimeSpan.FromSeconds(1));
        }

        client.ExpectClosed(ReasonCode.KeepAliveTimeout);
    }

    [Theory]
    [ClassData(typeof(AllVersions))]
    public void What_the_broker_sends_does_not_keep_the_connection(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = Connect(broker, version, 10);
        client.Subscribe("a");
        TestClient publisher = broker.Connect(new ConnectOptions { ClientId = "publisher", KeepAlive = 0 });

        for (int i = 0; i < 16; i++)
        {
            publisher.Send(ClientPackets.Publish(ProtocolVersion.V5, "a", "1"));
            broker.Elapse(1);
        }

        Assert.True(client.IsClosed);
    }

    [Theory]
    [InlineData(ProtocolVersion.V31)]
    [InlineData(ProtocolVersion.V311)]
    [Clause("MQTT-3.1.2-22")]
    public void Keep_alive_0_means_never(ProtocolVersion version)
    {
        using var broker = new TestBroker(new BrokerLimits { KeepAlive = TimeSpan.FromSeconds(5) });
        TestClient client = Connect(broker, version, 0);

        broker.Elapse(10_000);

        client.ExpectNothing();
    }

    [Theory]
    [InlineData(0, 30)]
    [InlineData(1, null)]
    [InlineData(29, null)]
    [InlineData(30, null)]
    [InlineData(31, 30)]
    [InlineData(65_535, 30)]
    [Clause("MQTT-3.2.2-22")]
    public void A_keep_alive_beyond_the_limit_is_replaced_and_the_client_is_told(ushort asked, int? told)
    {
        using var broker = new TestBroker(new BrokerLimits { KeepAlive = TimeSpan.FromSeconds(30) });
        TestClient client = Connect(broker, ProtocolVersion.V5, asked);
        double inForce = told ?? asked;

        Assert.Equal((uint?)told, client.ConnAck.Properties.Number(PropertyId.ServerKeepAlive));
        broker.Advance(TimeSpan.FromSeconds(inForce * 1.5) - _tick);
        client.ExpectNothing();
        broker.Advance(2 * _tick);
        client.ExpectClosed(ReasonCode.KeepAliveTimeout);
    }

    [Theory]
    [InlineData(ProtocolVersion.V31)]
    [InlineData(ProtocolVersion.V311)]
    public void Before_MQTT_5_a_keep_alive_beyond_the_limit_stays_as_asked(ProtocolVersion version)
    {
        using var broker = new TestBroker(new BrokerLimits { KeepAlive = TimeSpan.FromSeconds(5) });
        TestClient client = Connect(broker, version, 60);

        broker.Advance(TimeSpan.FromSeconds(89.9));
        client.ExpectNothing();
        broker.Advance(2 * _tick);
        client.ExpectClosed();
    }

    [Fact]
    public void A_process_that_was_stopped_for_a_while_does_not_expire_everybody()
    {
        using var broker = new TestBroker();
        TestClient[] clients = [.. Enumerable.Range(0, 50).Select(i => Connect(broker, ProtocolVersion.V5, 10, $"c{i}"))];
        broker.Resume("kept", expirySeconds: 60).Drop();

        broker.Pause(TimeSpan.FromHours(10));

        Assert.All(clients, client => client.ExpectNothing());
        foreach (TestClient client in clients) client.Send(ClientPackets.PingReq()); // what had come meanwhile is read now
        broker.Advance(TimeSpan.FromSeconds(14.8));
        Assert.All(clients, client => client.Expect<ServerPacket.PingResp>());
        Assert.All(clients, client => client.ExpectNothing());
        Assert.True(broker.Resume("kept").ConnAck.SessionPresent);
    }

    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public void PINGREQ_with_a_body_is_malformed(ProtocolVersion version)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("client", version);

        client.Send([0xC0, 0x01, 0x00]);

        client.ExpectClosed(ReasonCode.MalformedPacket);
    }

    private static TestClient Connect(TestBroker broker, ProtocolVersion version, ushort keepAlive, string clientId = "client") =>
        broker.Connect(new ConnectOptions { Version = version, KeepAlive = keepAlive, ClientId = clientId });
}

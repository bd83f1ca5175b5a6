using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Publish;

/// <summary>The steps of PUBLISH exchanges, as clients take them.</summary>
internal static class Exchanges
{
    /// <summary>Connects with properties, to a session that is kept for an hour unless it starts clean.</summary>
    public static TestClient ConnectWith(
        this TestBroker broker, string clientId, Properties properties, ProtocolVersion version = ProtocolVersion.V5, bool cleanStart = true)
    {
        if (!cleanStart && version == ProtocolVersion.V5) properties.SessionExpiryInterval(3_600);
        return broker.Connect(new ConnectOptions { ClientId = clientId, Version = version, CleanStart = cleanStart, Properties = properties });
    }

    /// <summary>A subscriber that connects with properties.</summary>
    public static TestClient Subscriber(this TestBroker broker, string filter, QualityOfService qos, Properties properties)
    {
        TestClient client = broker.ConnectWith("subscriber", properties);
        client.Subscribe(filter, qos);
        return client;
    }

    /// <summary>A subscriber with a clean start.</summary>
    public static TestClient Subscriber(
        this TestBroker broker, string filter, QualityOfService qos = QualityOfService.AtMostOnce, ProtocolVersion version = ProtocolVersion.V5)
    {
        TestClient client = broker.Connect("subscriber", version);
        client.Subscribe(filter, qos);
        return client;
    }

    /// <summary>A subscriber whose session is kept when its connection ends.</summary>
    public static TestClient KeptSubscriber(this TestBroker broker, string filter, QualityOfService qos, ProtocolVersion version = ProtocolVersion.V5)
    {
        TestClient client = broker.Resume("subscriber", version);
        client.Subscribe(filter, qos);
        return client;
    }

    /// <summary>Sends one PUBLISH.</summary>
    public static void Publish(
        this TestClient client,
        string topic,
        string payload = "payload",
        QualityOfService qos = QualityOfService.AtMostOnce,
        ushort id = 0,
        bool retain = false,
        bool dup = false,
        Properties? properties = null) =>
        client.Send(ClientPackets.Publish(client.Version, topic, payload, qos, id, retain, dup, properties));

    /// <summary>Publishes, and takes the exchange to its end; the reason code of its first answer.</summary>
    public static ReasonCode PublishToEnd(
        this TestClient client,
        string topic,
        string payload,
        QualityOfService qos,
        ushort id = 1,
        bool retain = false,
        Properties? properties = null)
    {
        client.Publish(topic, payload, qos, id, retain, properties: properties);
        if (qos == QualityOfService.AtMostOnce) return ReasonCode.Success;
        ServerPacket.Ack answer = client.Answer(qos, id);
        if (qos == QualityOfService.AtLeastOnce || answer.ReasonCode >= ReasonCode.UnspecifiedError) return answer.ReasonCode;
        client.PubRel(id);
        Assert.Equal(new ServerPacket.PubComp(id, ReasonCode.Success).ReasonCode, client.ExpectAck<ServerPacket.PubComp>(id).ReasonCode);
        return answer.ReasonCode;
    }

    /// <summary>The first answer to a PUBLISH: PUBACK at QoS 1, PUBREC at QoS 2.</summary>
    public static ServerPacket.Ack Answer(this TestClient client, QualityOfService qos, ushort id) => qos == QualityOfService.AtLeastOnce
        ? client.ExpectAck<ServerPacket.PubAck>(id)
        : client.ExpectAck<ServerPacket.PubRec>(id);

    /// <summary>The next packet, an acknowledgement of this type and identifier.</summary>
    public static T ExpectAck<T>(this TestClient client, ushort id)
        where T : ServerPacket.Ack
    {
        T ack = client.Expect<T>();
        Assert.Equal(id, ack.PacketId);
        return ack;
    }

    /// <summary>The next packet, a PUBLISH with this payload.</summary>
    public static ServerPacket.Publish ExpectMessage(this TestClient client, string payload)
    {
        var message = client.Expect<ServerPacket.Publish>();
        Assert.Equal(payload, message.Text);
        return message;
    }

    /// <summary>The payloads of all messages that have arrived; nothing else may have.</summary>
    public static List<string> Texts(this TestClient client) => [.. client.All().Select(p => Assert.IsType<ServerPacket.Publish>(p).Text)];

    /// <summary>Takes a message that was received to its end.</summary>
    public static void Finish(this TestClient client, ServerPacket.Publish message)
    {
        if (message.Qos == QualityOfService.AtLeastOnce) client.PubAck(message.PacketId);
        if (message.Qos != QualityOfService.ExactlyOnce) return;
        client.PubRec(message.PacketId);
        client.ExpectAck<ServerPacket.PubRel>(message.PacketId);
        client.PubComp(message.PacketId);
    }

    /// <summary>Takes a message that was received to its end while others arrive; those are added to <paramref name="others"/>.</summary>
    public static void Finish(this TestClient client, ServerPacket.Publish message, List<ServerPacket> others)
    {
        client.Acknowledge(message);
        List<ServerPacket> answers = client.All();
        if (message.Qos == QualityOfService.ExactlyOnce)
        {
            Assert.Equal(1, answers.RemoveAll(p => p is ServerPacket.PubRel release && release.PacketId == message.PacketId));
            client.PubComp(message.PacketId);
        }

        others.AddRange(answers);
        others.AddRange(client.All());
    }

    /// <summary>The first answer to a message that was received: PUBACK at QoS 1, PUBREC at QoS 2.</summary>
    public static void Acknowledge(this TestClient client, ServerPacket.Publish message, ReasonCode reason = ReasonCode.Success)
    {
        if (message.Qos == QualityOfService.AtLeastOnce) client.PubAck(message.PacketId, reason);
        if (message.Qos == QualityOfService.ExactlyOnce) client.PubRec(message.PacketId, reason);
    }

    public static void PubAck(this TestClient client, ushort id, ReasonCode reason = ReasonCode.Success) =>
        client.Send(ClientPackets.PubAck(client.Version, id, reason));

    public static void PubRec(this TestClient client, ushort id, ReasonCode reason = ReasonCode.Success) =>
        client.Send(ClientPackets.PubRec(client.Version, id, reason));

    public static void PubRel(this TestClient client, ushort id, ReasonCode reason = ReasonCode.Success) =>
        client.Send(ClientPackets.PubRel(client.Version, id, reason));

    public static void PubComp(this TestClient client, ushort id, ReasonCode reason = ReasonCode.Success) =>
        client.Send(ClientPackets.PubComp(client.Version, id, reason));

    /// <summary>Publishes at QoS 1 and reads no answer.</summary>
    public static void PublishToEndQuietly(this TestClient client, string topic, string payload)
    {
        client.Publish(topic, payload, QualityOfService.AtLeastOnce, 1);
        client.Discard();
    }

    /// <summary>Reads all that has arrived and forgets it.</summary>
    public static void Discard(this TestClient client)
    {
        while (client.Next() is not null)
        {
            // Whatever it was.
        }
    }

    /// <summary>The connection still answers.</summary>
    public static void ExpectAlive(this TestClient client)
    {
        client.Send(ClientPackets.PingReq());
        client.Expect<ServerPacket.PingResp>();
        client.ExpectNothing();
    }

    /// <summary>The connection was ended by the broker, after whatever else it sent.</summary>
    public static void ExpectEnd(this TestClient client, ReasonCode reason)
    {
        List<ServerPacket> packets = client.All();
        Assert.True(client.IsClosed, "The connection is open");
        if (client.IsV5) Assert.Equal(reason, Assert.IsType<ServerPacket.Disconnect>(packets[^1]).ReasonCode);
    }

    /// <summary>How often the log told of an overflow.</summary>
    public static int OverflowLines(this TestBroker broker) => broker.Log.Count(entry => entry.Text.StartsWith("The queue of client", StringComparison.Ordinal));

    /// <summary>A broker with these limits.</summary>
    public static TestBroker With(BrokerLimits limits) => new(limits);
}

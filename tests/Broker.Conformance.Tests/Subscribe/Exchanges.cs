using System.Globalization;
using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>Whole exchanges of a client: what it sends, and every answer that belongs to it.</summary>
internal static class Exchanges
{
    private const ushort PacketId = 4_711;

    /// <summary>Subscribes; SUBACK has to be the next packet.</summary>
    public static ReasonCode[] SubscribeTo(this TestClient client, params SubscribeFilter[] filters) => client.SubscribeTo(0, filters);

    /// <summary>Subscribes with a Subscription Identifier (0: none); SUBACK has to be the next packet.</summary>
    public static ReasonCode[] SubscribeTo(this TestClient client, uint identifier, params SubscribeFilter[] filters)
    {
        Properties properties = identifier == 0 ? [] : new Properties().SubscriptionIdentifier(identifier);
        client.Send(ClientPackets.Subscribe(client.Version, PacketId, properties, filters));
        var answer = client.Expect<ServerPacket.SubAck>();
        Assert.Equal(PacketId, answer.PacketId);
        Assert.Equal(filters.Length, answer.ReasonCodes.Length);
        return answer.ReasonCodes;
    }

    /// <summary>Subscribes at a QoS and takes nothing that follows SUBACK.</summary>
    public static ReasonCode[] SubscribeTo(this TestClient client, string filter, int qos = 0) =>
        client.SubscribeTo(new SubscribeFilter(filter, (QualityOfService)qos));

    /// <summary>Unsubscribes; UNSUBACK has to be the next packet. No codes before MQTT 5.</summary>
    public static ReasonCode[] UnsubscribeFrom(this TestClient client, params string[] filters)
    {
        client.Send(ClientPackets.Unsubscribe(client.Version, PacketId, filters));
        var answer = client.Expect<ServerPacket.UnsubAck>();
        Assert.Equal(PacketId, answer.PacketId);
        Assert.Equal(client.IsV5 ? filters.Length : 0, answer.ReasonCodes.Length);
        return answer.ReasonCodes;
    }

    /// <summary>Publishes, finishes the exchange, and returns what the first acknowledgement says.</summary>
    public static ReasonCode Publish(
        this TestClient client, string topic, string payload, int qos = 0, bool retain = false, Properties? properties = null)
    {
        client.Send(ClientPackets.Publish(client.Version, topic, payload, (QualityOfService)qos, PacketId, retain, properties: properties));
        if (qos == 0) return ReasonCode.Success;
        if (qos == 1) return client.Expect<ServerPacket.PubAck>().ReasonCode;
        ReasonCode reason = client.Expect<ServerPacket.PubRec>().ReasonCode;
        if (reason >= ReasonCode.UnspecifiedError) return reason;
        client.Send(ClientPackets.PubRel(client.Version, PacketId));
        Assert.Equal(PacketId, client.Expect<ServerPacket.PubComp>().PacketId);
        return reason;
    }

    /// <summary>Takes every message, acknowledging each, until no more come. Other packets are not expected.</summary>
    public static List<ServerPacket.Publish> Messages(this TestClient client)
    {
        List<ServerPacket.Publish> messages = [];
        for (List<ServerPacket> packets = client.All(); packets.Count > 0; packets = client.All())
        {
            foreach (ServerPacket packet in packets)
            {
                if (packet is ServerPacket.Publish message) messages.Add(message);
                client.Answer(packet);
            }
        }

        return messages;
    }

    /// <summary>Answers PUBLISH and PUBREL as a receiver does.</summary>
    public static void Answer(this TestClient client, ServerPacket packet)
    {
        switch (packet)
        {
            case ServerPacket.Publish { Qos: QualityOfService.AtLeastOnce } message:
                client.Send(ClientPackets.PubAck(client.Version, message.PacketId));
                break;
            case ServerPacket.Publish { Qos: QualityOfService.ExactlyOnce } message:
                client.Send(ClientPackets.PubRec(client.Version, message.PacketId));
                break;
            case ServerPacket.Publish:
                break;
            case ServerPacket.PubRel release:
                client.Send(ClientPackets.PubComp(client.Version, release.PacketId));
                break;
            default:
                Assert.Fail($"Only messages were expected, but {packet} came");
                break;
        }
    }

    /// <summary>As <see cref="Messages"/>, each in one line, e.g. <c>a/b=text q1 retained dup #3,4</c>.</summary>
    public static string[] Seen(this TestClient client) => [.. client.Messages().Select(Line)];

    /// <summary>A message in one line.</summary>
    public static string Line(ServerPacket.Publish message)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{message.Topic}={message.Text} q{(int)message.Qos}");
        if (message.Retain) line += " retained";
        if (message.Dup) line += " dup";
        IReadOnlyList<uint> identifiers = message.Properties.SubscriptionIdentifiers;
        return identifiers.Count == 0 ? line : $"{line} #{string.Join(',', identifiers.Order())}";
    }
}

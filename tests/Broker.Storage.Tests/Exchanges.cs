using Broker.Core.Protocol;
using Broker.Crash;
using Broker.Testing.Wire;

namespace Broker.Storage.Tests;

/// <summary>What clients of the real broker do.</summary>
internal static class Exchanges
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    /// <summary>The next packet; it must come.</summary>
    public static T Expect<T>(this Link link)
        where T : ServerPacket => Assert.IsType<T>(link.Receive(_patience), exactMatch: false);

    public static void Subscribe(this Link link, string filter, QualityOfService qos)
    {
        link.Send(ClientPackets.Subscribe(ProtocolVersion.V5, 1, filter, qos));
        link.Expect<ServerPacket.SubAck>();
    }

    /// <summary>Publishes at QoS 1 and gives what PUBACK says.</summary>
    public static ReasonCode Publish(this Link link, string topic, byte[] payload)
    {
        link.Send(ClientPackets.Publish(ProtocolVersion.V5, topic, payload, QualityOfService.AtLeastOnce, 1, retain: false, dup: false));
        return link.Expect<ServerPacket.Ack>().ReasonCode;
    }

    /// <summary>Takes and acknowledges messages until there have been so many.</summary>
    public static List<byte[]> Take(this Link link, int count)
    {
        List<byte[]> taken = [];
        while (taken.Count < count)
        {
            ServerPacket.Publish message = link.Expect<ServerPacket.Publish>();
            taken.Add(message.Payload);
            link.Send(ClientPackets.PubAck(ProtocolVersion.V5, message.PacketId));
        }

        return taken;
    }
}

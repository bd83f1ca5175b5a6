using Broker.Core.Protocol;

namespace Broker.Core.Tests.Protocol;

/// <summary>Drives the codec as a connection would: cuts frames and reads each packet whole. Allocates nothing.</summary>
internal static class CodecDriver
{
    public const int MaxUserProperties = 64;

    /// <summary>Reads every packet of <paramref name="stream"/> and returns how many there were; the rest may be incomplete.</summary>
    public static int ReadAll(ReadOnlySpan<byte> stream, int maxPacketBytes, ProtocolVersion version = ProtocolVersion.V5)
    {
        int packets = 0;
        while (FrameReader.TryRead(stream, maxPacketBytes, version, out Frame frame, out int frameBytes))
        {
            if (frame.Type == PacketType.Connect) version = ConnectPacket.PeekVersion(frame) ?? version;
            ReadPacket(frame, version);
            stream = stream[frameBytes..];
            packets++;
        }

        return packets;
    }

    /// <summary>Reads one packet and returns a number that depends on everything in it, so that nothing can be left out.</summary>
    public static long ReadPacket(in Frame frame, ProtocolVersion version) => frame.Type switch
    {
        PacketType.Connect => ReadConnect(frame),
        PacketType.Publish => ReadPublish(frame, version),
        PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp => AckPacket.Read(frame, version).PacketId,
        PacketType.Subscribe => ReadSubscribe(frame, version),
        PacketType.Unsubscribe => ReadUnsubscribe(frame, version),
        PacketType.Disconnect => (long)DisconnectPacket.Read(frame, version).ReasonCode,
        PacketType.Auth => AuthPacket.Read(frame).Data.Length,
        _ => frame.Body.Length,
    };

    private static long ReadConnect(in Frame frame)
    {
        ConnectPacket packet = ConnectPacket.Read(frame);
        return packet.ClientId.Length + packet.UserName.Length + packet.Password.Length + packet.WillTopic.Length
            + packet.WillPayload.Length + packet.AuthenticationData.Length + Forward(packet.WillForwarded);
    }

    private static long ReadPublish(in Frame frame, ProtocolVersion version)
    {
        PublishPacket packet = PublishPacket.Read(frame, version, MaxUserProperties);
        return packet.Topic.Length + packet.Payload.Length + packet.PacketId + Forward(packet.Forwarded);
    }

    private static long ReadSubscribe(in Frame frame, ProtocolVersion version)
    {
        SubscribePacket packet = SubscribePacket.Read(frame, version);
        long sum = 0;
        int count = 0;
        while (packet.TryReadNext(out ReadOnlySpan<byte> filter, out SubscriptionOptions options))
        {
            sum += filter.Length + (int)options.Qos;
            count++;
        }

        if (count != packet.FilterCount) throw new InvalidOperationException("The packet counts other filters than it hands out.");
        return sum;
    }

    private static long ReadUnsubscribe(in Frame frame, ProtocolVersion version)
    {
        UnsubscribePacket packet = UnsubscribePacket.Read(frame, version);
        long sum = 0;
        int count = 0;
        while (packet.TryReadNext(out ReadOnlySpan<byte> filter))
        {
            sum += filter.Length;
            count++;
        }

        if (count != packet.FilterCount) throw new InvalidOperationException("The packet counts other filters than it hands out.");
        return sum;
    }

    private static int Forward(ForwardedProperties forwarded)
    {
        Span<byte> copy = stackalloc byte[1024];
        if (forwarded.Length <= copy.Length) forwarded.CopyTo(copy);
        return forwarded.Length;
    }
}

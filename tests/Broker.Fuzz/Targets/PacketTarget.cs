using Broker.Core.Primitives;
using Broker.Core.Protocol;

namespace Broker.Fuzz.Targets;

/// <summary>The codec: a byte for the version, then packets as a stream. What has an encoder is encoded and read again.</summary>
internal sealed class PacketTarget : FuzzTarget
{
    private const int MaxPacketBytes = 1_000_000;
    private const int MaxUserProperties = 64;

    // A refusal is an exception with its stack trace.
    private const long RefusalBytes = 16_384;

    private readonly OutputBuffer _output = new();

    public override string Name => "packets";

    public override int Share => 250;

    public override IEnumerable<byte[]> Seeds => SeedPackets.All.Select(packet => (byte[])[(byte)packet.Version, .. packet.Bytes]);

    public override IReadOnlyList<byte[]> Words => SeedPackets.Words;

    public override long AllocationBound(int inputBytes) => RefusalBytes;

    public override bool IsRefusal(Exception exception) => exception is ProtocolViolationException;

    public override byte[] Repair(byte[] input, Random random) => SeedPackets.RepairFirst(input, at: 1, random);

    public override object? Execute(byte[] input)
    {
        if (input.Length == 0) return null;
        var version = input[0] switch { 3 => ProtocolVersion.V31, 4 => ProtocolVersion.V311, _ => ProtocolVersion.V5 };
        ReadOnlySpan<byte> stream = input.AsSpan(1);
        while (FrameReader.TryRead(stream, MaxPacketBytes, version, out Frame frame, out int frameBytes))
        {
            if (frame.Type == PacketType.Connect) version = ConnectPacket.PeekVersion(frame) ?? version;
            Read(frame, version);
            stream = stream[frameBytes..];
        }

        return null;
    }

    private void Read(in Frame frame, ProtocolVersion version)
    {
        switch (frame.Type)
        {
            case PacketType.Connect:
                ConnectPacket connect = ConnectPacket.Read(frame);
                Forward(connect.WillForwarded);
                break;
            case PacketType.Publish:
                Forward(PublishPacket.Read(frame, version, MaxUserProperties).Forwarded);
                break;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                ReadAck(frame, version);
                break;
            case PacketType.Subscribe:
                SubscribePacket subscribe = SubscribePacket.Read(frame, version);
                int filters = 0;
                while (subscribe.TryReadNext(out _, out _)) filters++;
                Require(filters == subscribe.FilterCount, "SUBSCRIBE counts other filters than it hands out");
                break;
            case PacketType.Unsubscribe:
                UnsubscribePacket unsubscribe = UnsubscribePacket.Read(frame, version);
                filters = 0;
                while (unsubscribe.TryReadNext(out _)) filters++;
                Require(filters == unsubscribe.FilterCount, "UNSUBSCRIBE counts other filters than it hands out");
                break;
            case PacketType.Disconnect:
                DisconnectPacket.Read(frame, version);
                break;
            case PacketType.Auth:
                ReadAuth(frame);
                break;
        }
    }

    private void ReadAck(in Frame frame, ProtocolVersion version)
    {
        AckPacket packet = AckPacket.Read(frame, version);
        _output.Clear();
        AckPacket.Write(_output, packet.Type, packet.PacketId, packet.ReasonCode, default, version);
        Require(FrameReader.TryRead(_output.WrittenSpan, MaxPacketBytes, version, out Frame again, out _), "an acknowledgement is written as half a packet");
        AckPacket second = AckPacket.Read(again, version);
        Require(
            (second.Type, second.PacketId, second.ReasonCode) == (packet.Type, packet.PacketId, packet.ReasonCode),
            "an acknowledgement is read otherwise after it was written");
    }

    private void ReadAuth(in Frame frame)
    {
        AuthPacket packet = AuthPacket.Read(frame);
        if (!packet.HasMethod) return;
        _output.Clear();
        AuthPacket.Write(_output, packet.ReasonCode, packet.Method, packet.Data, default);
        Require(FrameReader.TryRead(_output.WrittenSpan, MaxPacketBytes, ProtocolVersion.V5, out Frame again, out _), "AUTH is written as half a packet");
        AuthPacket second = AuthPacket.Read(again);
        Require(
            second.ReasonCode == packet.ReasonCode && second.Method.SequenceEqual(packet.Method) && second.Data.SequenceEqual(packet.Data),
            "AUTH is read otherwise after it was written");
    }

    private static void Forward(ForwardedProperties forwarded)
    {
        Span<byte> copy = stackalloc byte[4_096]; // no input is longer
        forwarded.CopyTo(copy);
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds) throw new InvalidOperationException(otherwise);
    }
}

using System.Buffers;
using System.Buffers.Binary;

namespace Broker.Core.Protocol;

/// <summary>PUBACK, PUBREC, PUBREL and PUBCOMP, which share one shape.</summary>
/// <remarks>Packet identifier; in MQTT 5 then reason code and properties, either of which may be left out from the end.</remarks>
public ref struct AckPacket
{
    private const int ShortBytes = 4;
    private const byte PubRelFlags = 0b0010;

    /// <summary>Which of the four it is.</summary>
    public PacketType Type { get; private init; }

    /// <summary>The packet identifier, never 0.</summary>
    public ushort PacketId { get; private init; }

    /// <summary>The outcome; always <see cref="ReasonCode.Success"/> before MQTT 5.</summary>
    public ReasonCode ReasonCode { get; private set; }

    /// <summary>Reads and checks an acknowledgement that a client sent.</summary>
    /// <param name="frame">A frame of one of the four types.</param>
    /// <param name="version">What the connection speaks.</param>
    /// <exception cref="ProtocolViolationException">0x81 malformed, 0x82 identifier 0 or a reason code of another packet.</exception>
    public static AckPacket Read(in Frame frame, ProtocolVersion version)
    {
        var reader = new PacketReader(frame.Body);
        var packet = new AckPacket { Type = frame.Type, PacketId = reader.ReadUInt16() };
        if (version == ProtocolVersion.V5 && !reader.End)
        {
            packet.ReasonCode = (ReasonCode)reader.ReadByte();
            if (!reader.End)
            {
                var properties = new PropertyReader(reader.ReadPropertyBlock(), (PropertyPlace)frame.Type);
                while (properties.TryReadNext(out _, out _, out _, out _))
                {
                    // Reason string and user properties are for people; reading them checks them.
                }
            }
        }

        reader.ExpectEnd();
        if (packet.PacketId == 0) ProtocolViolationException.Protocol("A packet identifier is 0."); // [MQTT-2.2.1-3]
        if (!IsReasonCodeOf(packet.Type, packet.ReasonCode))
        {
            // [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]
            ProtocolViolationException.Protocol("An acknowledgement has a reason code that it cannot have.");
        }

        return packet;
    }

    /// <summary>Writes an acknowledgement: 4 bytes before MQTT 5, or where there is nothing to tell.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="type">One of the four types.</param>
    /// <param name="id">The packet identifier.</param>
    /// <param name="reason">The outcome; not written before MQTT 5.</param>
    /// <param name="reasonString">The reason for people, UTF-8; empty: none. Not written before MQTT 5.</param>
    /// <param name="version">What the connection speaks.</param>
    public static void Write(
        IBufferWriter<byte> output, PacketType type, ushort id, ReasonCode reason, ReadOnlySpan<byte> reasonString, ProtocolVersion version)
    {
        byte first = (byte)(((int)type << 4) | (type == PacketType.PubRel ? PubRelFlags : 0)); // [MQTT-3.6.1-1]
        if (version == ProtocolVersion.V5 && !(reason == ReasonCode.Success && reasonString.IsEmpty))
        {
            WriteWithReason(output, first, id, reason, reasonString);
            return;
        }

        Span<byte> bytes = output.GetSpan(ShortBytes);
        bytes[0] = first;
        bytes[1] = sizeof(ushort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], id);
        output.Advance(ShortBytes);
    }

    private static void WriteWithReason(
        IBufferWriter<byte> output, byte first, ushort id, ReasonCode reason, ReadOnlySpan<byte> reasonString)
    {
        var writer = new PacketWriter(output);
        writer.WriteByte(first);
        writer.WriteVariableByteInteger(sizeof(ushort) + sizeof(ReasonCode) + ReasonString.BlockSize(reasonString));
        writer.WriteUInt16(id);
        writer.WriteByte((byte)reason);
        ReasonString.WriteBlock(ref writer, reasonString);
    }

    private static bool IsReasonCodeOf(PacketType type, ReasonCode reason) => reason switch
    {
        ReasonCode.Success => true,
        ReasonCode.PacketIdentifierNotFound => type is PacketType.PubRel or PacketType.PubComp,
        ReasonCode.NoMatchingSubscribers or ReasonCode.UnspecifiedError or ReasonCode.ImplementationSpecificError
            or ReasonCode.NotAuthorized or ReasonCode.TopicNameInvalid or ReasonCode.PacketIdentifierInUse
            or ReasonCode.QuotaExceeded or ReasonCode.PayloadFormatInvalid => type is PacketType.PubAck or PacketType.PubRec,
        _ => false,
    };
}

using System.Buffers;

namespace Broker.Core.Protocol;

/// <summary>An UNSUBACK: in MQTT 5 one reason code for each filter of the UNSUBSCRIBE, in its order.</summary>
public static class UnsubAck
{
    /// <summary>Writes the packet.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="version">What the client speaks; before MQTT 5 there are no reason codes and no reason string.</param>
    /// <param name="id">The packet identifier of the UNSUBSCRIBE.</param>
    /// <param name="reasonCodes">One for each filter.</param>
    /// <param name="reasonString">The reason for people, UTF-8; empty: none.</param>
    public static void Write(
        IBufferWriter<byte> output, ProtocolVersion version, ushort id, ReadOnlySpan<byte> reasonCodes, ReadOnlySpan<byte> reasonString)
    {
        var writer = new PacketWriter(output);
        writer.WriteByte((int)PacketType.UnsubAck << 4);
        if (version == ProtocolVersion.V5)
        {
            writer.WriteVariableByteInteger(sizeof(ushort) + ReasonString.MandatoryBlockSize(reasonString) + reasonCodes.Length);
            writer.WriteUInt16(id); // [MQTT-3.10.4-5]
            ReasonString.WriteMandatoryBlock(ref writer, reasonString);
            writer.WriteBytes(reasonCodes); // [MQTT-3.11.3-1]
            return;
        }

        writer.WriteVariableByteInteger(sizeof(ushort));
        writer.WriteUInt16(id);
    }
}

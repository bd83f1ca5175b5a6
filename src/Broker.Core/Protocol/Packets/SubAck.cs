using System.Buffers;

namespace Broker.Core.Protocol;

/// <summary>A SUBACK: one reason code for each filter of the SUBSCRIBE, in its order.</summary>
public static class SubAck
{
    /// <summary>Writes the packet.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="version">What the client speaks; before MQTT 5 every failure is 0x80 and there is no reason string.</param>
    /// <param name="id">The packet identifier of the SUBSCRIBE.</param>
    /// <param name="reasonCodes">One for each filter.</param>
    /// <param name="reasonString">The reason for people, UTF-8; empty: none.</param>
    public static void Write(
        IBufferWriter<byte> output, ProtocolVersion version, ushort id, ReadOnlySpan<byte> reasonCodes, ReadOnlySpan<byte> reasonString)
    {
        var writer = new PacketWriter(output);
        writer.WriteByte((int)PacketType.SubAck << 4);
        if (version == ProtocolVersion.V5)
        {
            writer.WriteVariableByteInteger(sizeof(ushort) + ReasonString.MandatoryBlockSize(reasonString) + reasonCodes.Length);
            writer.WriteUInt16(id); // [MQTT-3.8.4-2]
            ReasonString.WriteMandatoryBlock(ref writer, reasonString);
            writer.WriteBytes(reasonCodes); // [MQTT-3.9.3-1]
            return;
        }

        writer.WriteVariableByteInteger(sizeof(ushort) + reasonCodes.Length);
        writer.WriteUInt16(id);
        foreach (byte code in reasonCodes) writer.WriteByte(Math.Min(code, ReasonCodes.SubscriptionFailure)); // 3.1.1 [MQTT-3.9.3-2]
    }
}

namespace Broker.Core.Protocol;

/// <summary>A block of properties that has a reason string or nothing: what acknowledgements and DISCONNECT end with.</summary>
internal static class ReasonString
{
    /// <summary>Bytes of the block with its length in front; 0 without a string, since the block may then be left out.</summary>
    public static int BlockSize(ReadOnlySpan<byte> reasonString) => reasonString.IsEmpty ? 0 : MandatoryBlockSize(reasonString);

    /// <summary>Bytes of the block with its length in front, in packets that always have one (SUBACK, UNSUBACK).</summary>
    public static int MandatoryBlockSize(ReadOnlySpan<byte> reasonString)
    {
        int size = PropertySize(reasonString);
        return PacketWriter.VariableByteIntegerSize(size) + size;
    }

    /// <summary>Writes the block, or nothing without a string.</summary>
    public static void WriteBlock(ref PacketWriter writer, ReadOnlySpan<byte> reasonString)
    {
        if (!reasonString.IsEmpty) WriteMandatoryBlock(ref writer, reasonString);
    }

    /// <summary>Writes the block, which says length 0 without a string.</summary>
    public static void WriteMandatoryBlock(ref PacketWriter writer, ReadOnlySpan<byte> reasonString)
    {
        writer.WriteVariableByteInteger(PropertySize(reasonString)); // [MQTT-2.2.2-1]
        if (reasonString.IsEmpty) return;
        writer.WriteByte((byte)PropertyId.ReasonString);
        writer.WriteUtf8(reasonString);
    }

    private static int PropertySize(ReadOnlySpan<byte> reasonString) =>
        reasonString.IsEmpty ? 0 : sizeof(PropertyId) + sizeof(ushort) + reasonString.Length;
}

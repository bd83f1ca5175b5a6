namespace Broker.Core.Protocol;

/// <summary>Cuts a client's byte stream into packets: the only code that meets half a packet.</summary>
/// <remarks>
/// Fixed header: one byte with type and flags, then the remaining length as a variable byte integer of one to four bytes.
/// Everything that these bytes alone can tell is refused here, before the body arrives and before anything is kept for it.
/// </remarks>
public static class FrameReader
{
    private const int HeaderBytesMax = 5;

    /// <summary>Reads the packet at the start of <paramref name="buffer"/>, by the rules of MQTT 3.1.1 and 5.</summary>
    /// <param name="buffer">What was received and not yet used up.</param>
    /// <param name="maxPacketBytes">The largest packet that is accepted, fixed header included.</param>
    /// <param name="frame">The packet, a view into <paramref name="buffer"/>.</param>
    /// <param name="frameBytes">The packet's total size; 0 while that is not known.</param>
    /// <returns>False if more bytes are needed.</returns>
    /// <exception cref="ProtocolViolationException">
    /// 0x81: type 0, reserved flags, length not in its shortest form or beyond four bytes. 0x82: a packet that only servers send.
    /// 0x95: larger than <paramref name="maxPacketBytes"/>.
    /// </exception>
    public static bool TryRead(ReadOnlySpan<byte> buffer, int maxPacketBytes, out Frame frame, out int frameBytes) =>
        TryRead(buffer, maxPacketBytes, ProtocolVersion.V5, out frame, out frameBytes);

    /// <summary>
    /// Reads the packet at the start of <paramref name="buffer"/>, once the connection's <paramref name="version"/> is known:
    /// MQTT 3.1 left the flags of most packets open (and repeats SUBSCRIBE, UNSUBSCRIBE and PUBREL with DUP), AUTH came with MQTT 5.
    /// </summary>
    /// <inheritdoc cref="TryRead(ReadOnlySpan{byte}, int, out Frame, out int)"/>
    public static bool TryRead(ReadOnlySpan<byte> buffer, int maxPacketBytes, ProtocolVersion version, out Frame frame, out int frameBytes)
    {
        frame = default;
        frameBytes = 0;
        if (buffer.IsEmpty) return false;
        byte first = buffer[0];
        CheckFirstByte(first, version);

        int length = 0;
        int headerBytes = 1;
        byte digit;
        do
        {
            if (headerBytes == buffer.Length) return false;
            digit = buffer[headerBytes];
            length |= (digit & 0x7F) << (7 * (headerBytes - 1));
            headerBytes++;
            if (digit >= 0x80 && headerBytes == HeaderBytesMax)
            {
                ProtocolViolationException.Malformed("The remaining length has more than four bytes.");
            }
        }
        while (digit >= 0x80);

        if (digit == 0 && headerBytes > 2)
        {
            ProtocolViolationException.Malformed("The remaining length is not in its shortest form."); // [MQTT-1.5.5-1]
        }

        int total = headerBytes + length;
        if (total > maxPacketBytes) TooLarge(total, maxPacketBytes); // [MQTT-3.2.2-15]
        if (first == (byte)PacketType.PingReq << 4 && length != 0) ProtocolViolationException.Malformed("A PINGREQ has no content.");

        frameBytes = total;
        if (buffer.Length < total) return false;
        frame = new Frame((PacketType)(first >> 4), (byte)(first & 0x0F), buffer[headerBytes..total]);
        return true;
    }

    private static void CheckFirstByte(byte first, ProtocolVersion version)
    {
        int flags = first & 0x0F;
        switch ((PacketType)(first >> 4))
        {
            case PacketType.Publish:
                return;
            case PacketType.ConnAck or PacketType.SubAck or PacketType.UnsubAck or PacketType.PingResp:
                ProtocolViolationException.Protocol("Only a server may send this packet type.");
                return;
            case PacketType.PubRel or PacketType.Subscribe or PacketType.Unsubscribe:
                // [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1]
                if (flags != 0b0010 && version != ProtocolVersion.V31) ReservedFlags();
                return;
            case PacketType.Auth when version != ProtocolVersion.V5:
            case 0:
                ProtocolViolationException.Malformed("There is no such packet type.");
                return;
            default:
                if (flags != 0 && version != ProtocolVersion.V31) ReservedFlags(); // [MQTT-2.1.3-1] [MQTT-3.14.1-1] [MQTT-3.15.1-1]
                return;
        }
    }

    private static void ReservedFlags() => ProtocolViolationException.Malformed("Reserved flags of the first byte are wrong.");

    private static void TooLarge(int total, int max) => ProtocolViolationException.Throw(
        ReasonCode.PacketTooLarge,
        string.Create(null, $"A packet of {total} bytes is larger than the {max} that are allowed."));
}

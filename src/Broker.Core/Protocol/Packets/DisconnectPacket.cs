using System.Buffers;

namespace Broker.Core.Protocol;

/// <summary>A DISCONNECT.</summary>
/// <remarks>Nothing before MQTT 5; there reason code and properties, either of which may be left out from the end.</remarks>
public ref struct DisconnectPacket
{
    /// <summary>Why the client leaves; always <see cref="ReasonCode.NormalDisconnection"/> before MQTT 5.</summary>
    public ReasonCode ReasonCode { get; private set; }

    /// <summary>A new session expiry interval in seconds; null: the one from CONNECT stays.</summary>
    public uint? SessionExpiryInterval { get; private set; }

    /// <summary>Reads and checks a DISCONNECT that a client sent.</summary>
    /// <param name="frame">A frame of type DISCONNECT.</param>
    /// <param name="version">What the connection speaks.</param>
    /// <exception cref="ProtocolViolationException">0x81 malformed, 0x82 a reason code that a client cannot send.</exception>
    public static DisconnectPacket Read(in Frame frame, ProtocolVersion version)
    {
        var reader = new PacketReader(frame.Body);
        var packet = default(DisconnectPacket);
        if (version == ProtocolVersion.V5 && !reader.End)
        {
            packet.ReasonCode = (ReasonCode)reader.ReadByte();
            if (!reader.End) packet.ReadProperties(reader.ReadPropertyBlock());
        }

        reader.ExpectEnd();
        if (!ClientMaySend(packet.ReasonCode))
        {
            ProtocolViolationException.Protocol("A DISCONNECT has a reason code that a client cannot send."); // [MQTT-3.14.2-1]
        }

        return packet;
    }

    /// <summary>Writes a DISCONNECT. MQTT 5 only: before, a server just closes the connection.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="reason">Why.</param>
    /// <param name="reasonString">The reason for people, UTF-8; empty: none.</param>
    public static void Write(IBufferWriter<byte> output, ReasonCode reason, ReadOnlySpan<byte> reasonString)
    {
        bool plain = reason == ReasonCode.NormalDisconnection && reasonString.IsEmpty;
        var writer = new PacketWriter(output);
        writer.WriteByte((int)PacketType.Disconnect << 4); // [MQTT-3.14.1-1]
        writer.WriteVariableByteInteger(plain ? 0 : sizeof(ReasonCode) + ReasonString.BlockSize(reasonString));
        if (plain) return;
        writer.WriteByte((byte)reason);
        ReasonString.WriteBlock(ref writer, reasonString);
    }

    private void ReadProperties(ReadOnlySpan<byte> block)
    {
        var reader = new PropertyReader(block, PropertyPlace.Disconnect);
        while (reader.TryReadNext(out PropertyId id, out ReadOnlySpan<byte> value, out _, out _))
        {
            if (id == PropertyId.SessionExpiryInterval) SessionExpiryInterval = PropertyReader.UInt32(value);
        }
    }

    private static bool ClientMaySend(ReasonCode reason) => reason
        is ReasonCode.NormalDisconnection
        or ReasonCode.DisconnectWithWillMessage
        or ReasonCode.UnspecifiedError
        or ReasonCode.MalformedPacket
        or ReasonCode.ProtocolError
        or ReasonCode.ImplementationSpecificError
        or ReasonCode.TopicNameInvalid
        or ReasonCode.ReceiveMaximumExceeded
        or ReasonCode.TopicAliasInvalid
        or ReasonCode.PacketTooLarge
        or ReasonCode.MessageRateTooHigh
        or ReasonCode.QuotaExceeded
        or ReasonCode.AdministrativeAction
        or ReasonCode.PayloadFormatInvalid;
}

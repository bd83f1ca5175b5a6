using System.Buffers;

namespace Broker.Core.Protocol;

/// <summary>A CONNACK, the answer to CONNECT. What is not set is not written, and means what its absence means.</summary>
/// <remarks>Acknowledge flags, reason code (return code before MQTT 5), properties (MQTT 5).</remarks>
public readonly ref struct ConnAck
{
    /// <summary>Whether the client's earlier session goes on; written only where the connection is accepted.</summary>
    public bool SessionPresent { get; init; }

    /// <summary>The outcome.</summary>
    public ReasonCode ReasonCode { get; init; }

    /// <summary>Seconds that the session outlives the connection, where the client's wish was not granted.</summary>
    public uint? SessionExpiryInterval { get; init; }

    /// <summary>QoS 1 and 2 publications that the client may have unacknowledged; null: 65,535. Not 0.</summary>
    public ushort? ReceiveMaximum { get; init; }

    /// <summary>The largest packet, in bytes, that the client may send; null: any. Not 0.</summary>
    public uint? MaximumPacketSize { get; init; }

    /// <summary>The client identifier that the server chose.</summary>
    public string? AssignedClientIdentifier { get; init; }

    /// <summary>The highest topic alias that the client may use; 0: none.</summary>
    public ushort TopicAliasMaximum { get; init; }

    /// <summary>The reason for people, UTF-8; empty: none.</summary>
    public ReadOnlySpan<byte> ReasonString { get; init; }

    /// <summary>The keep alive in seconds that the client has to use instead of its own.</summary>
    public ushort? ServerKeepAlive { get; init; }

    /// <summary>A base for the client's response topics.</summary>
    public string? ResponseInformation { get; init; }

    /// <summary>The method of enhanced authentication, UTF-8; empty: none.</summary>
    public ReadOnlySpan<byte> AuthenticationMethod { get; init; }

    /// <summary>The method's last data; empty: none.</summary>
    public ReadOnlySpan<byte> AuthenticationData { get; init; }

    /// <summary>
    /// Whether to say that subscriptions under <c>$changes/</c> get only changes, as the user property <c>change-only</c>, so that a client need not
    /// be told what kind of broker this is.
    /// </summary>
    public bool TellsChangeOnly { get; init; }

    /// <summary>How many bytes <see cref="Write"/> writes to a client of MQTT 5.</summary>
    public int Size
    {
        get
        {
            PacketWriter counter = PacketWriter.Counter();
            WriteProperties(ref counter);
            int length = 2 + PacketWriter.VariableByteIntegerSize(counter.Written) + counter.Written;
            return 1 + PacketWriter.VariableByteIntegerSize(length) + length;
        }
    }

    /// <summary>Writes the packet.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="version">What the client speaks; before MQTT 5 there are only session present and the return code.</param>
    public void Write(IBufferWriter<byte> output, ProtocolVersion version)
    {
        // MQTT 3.1 has no such flag. [MQTT-3.2.2-6] no session with a refusal
        bool sessionPresent = SessionPresent && ReasonCode < ReasonCode.UnspecifiedError && version != ProtocolVersion.V31;
        var writer = new PacketWriter(output);
        writer.WriteByte((int)PacketType.ConnAck << 4);
        if (version != ProtocolVersion.V5)
        {
            writer.WriteByte(2);
            writer.WriteByte(sessionPresent ? (byte)1 : (byte)0);
            writer.WriteByte(ReasonCode.ToConnectReturnCode());
            return;
        }

        PacketWriter counter = PacketWriter.Counter();
        WriteProperties(ref counter);
        int block = counter.Written;
        writer.WriteVariableByteInteger(2 + PacketWriter.VariableByteIntegerSize(block) + block);
        writer.WriteByte(sessionPresent ? (byte)1 : (byte)0); // [MQTT-3.2.2-1]
        writer.WriteByte((byte)ReasonCode);
        writer.WriteVariableByteInteger(block);
        WriteProperties(ref writer);
    }

    private void WriteProperties(ref PacketWriter writer)
    {
        WriteUInt32(ref writer, PropertyId.SessionExpiryInterval, SessionExpiryInterval);
        WriteUInt16(ref writer, PropertyId.ReceiveMaximum, ReceiveMaximum);
        WriteUInt32(ref writer, PropertyId.MaximumPacketSize, MaximumPacketSize);
        WriteString(ref writer, PropertyId.AssignedClientIdentifier, AssignedClientIdentifier);
        WriteUInt16(ref writer, PropertyId.TopicAliasMaximum, TopicAliasMaximum == 0 ? null : TopicAliasMaximum);
        WriteBytes(ref writer, PropertyId.ReasonString, ReasonString);
        WriteUInt16(ref writer, PropertyId.ServerKeepAlive, ServerKeepAlive);
        WriteString(ref writer, PropertyId.ResponseInformation, ResponseInformation);
        WriteBytes(ref writer, PropertyId.AuthenticationMethod, AuthenticationMethod);
        WriteBytes(ref writer, PropertyId.AuthenticationData, AuthenticationData);
        if (!TellsChangeOnly) return;
        writer.WriteByte((byte)PropertyId.UserProperty);
        writer.WriteBinary("change-only"u8);
        writer.WriteBinary("$changes/"u8);
    }

    private static void WriteUInt16(ref PacketWriter writer, PropertyId id, ushort? value)
    {
        if (value is null) return;
        writer.WriteByte((byte)id);
        writer.WriteUInt16(value.Value);
    }

    private static void WriteUInt32(ref PacketWriter writer, PropertyId id, uint? value)
    {
        if (value is null) return;
        writer.WriteByte((byte)id);
        writer.WriteUInt32(value.Value);
    }

    private static void WriteString(ref PacketWriter writer, PropertyId id, string? value)
    {
        if (value is null) return;
        writer.WriteByte((byte)id);
        writer.WriteUtf8(value);
    }

    private static void WriteBytes(ref PacketWriter writer, PropertyId id, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) return;
        writer.WriteByte((byte)id);
        writer.WriteBinary(value);
    }
}

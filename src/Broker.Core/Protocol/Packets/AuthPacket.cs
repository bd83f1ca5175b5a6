using System.Buffers;

namespace Broker.Core.Protocol;

/// <summary>An AUTH (MQTT 5): one step of enhanced authentication.</summary>
/// <remarks>Reason code and properties; a client's always has both, since it must name the method.</remarks>
public ref struct AuthPacket
{
    /// <summary><see cref="ReasonCode.ContinueAuthentication"/> or <see cref="ReasonCode.ReAuthenticate"/>.</summary>
    public ReasonCode ReasonCode { get; private set; }

    /// <summary>Whether there is a method; true of every packet that <see cref="Read"/> accepts.</summary>
    public bool HasMethod { get; private set; }

    /// <summary>The authentication method, valid UTF-8.</summary>
    public ReadOnlySpan<byte> Method { get; private set; }

    /// <summary>What the method has to say; empty if there is none.</summary>
    public ReadOnlySpan<byte> Data { get; private set; }

    /// <summary>Reads and checks an AUTH that a client sent.</summary>
    /// <param name="frame">A frame of type AUTH.</param>
    /// <exception cref="ProtocolViolationException">0x81 malformed, 0x82 a reason code that a client cannot send, or no method.</exception>
    public static AuthPacket Read(in Frame frame)
    {
        var reader = new PacketReader(frame.Body);
        var packet = default(AuthPacket);
        if (!reader.End)
        {
            packet.ReasonCode = (ReasonCode)reader.ReadByte();
            if (!reader.End) packet.ReadProperties(reader.ReadPropertyBlock());
        }

        reader.ExpectEnd();
        if (packet.ReasonCode is not (ReasonCode.ContinueAuthentication or ReasonCode.ReAuthenticate))
        {
            ProtocolViolationException.Protocol("An AUTH has a reason code that a client cannot send."); // [MQTT-3.15.2-1]
        }

        if (!packet.HasMethod) ProtocolViolationException.Protocol("An AUTH names no authentication method."); // 3.15.2.2.2
        return packet;
    }

    /// <summary>Writes an AUTH.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="reason"><see cref="ReasonCode.ContinueAuthentication"/> or <see cref="ReasonCode.Success"/>.</param>
    /// <param name="method">The authentication method, UTF-8.</param>
    /// <param name="data">What the method has to say; empty: nothing.</param>
    /// <param name="reasonString">The reason for people, UTF-8; empty: none.</param>
    public static void Write(
        IBufferWriter<byte> output, ReasonCode reason, ReadOnlySpan<byte> method, ReadOnlySpan<byte> data, ReadOnlySpan<byte> reasonString)
    {
        PacketWriter counter = PacketWriter.Counter();
        WriteProperties(ref counter, method, data, reasonString);
        int block = counter.Written;

        var writer = new PacketWriter(output);
        writer.WriteByte((int)PacketType.Auth << 4); // [MQTT-3.15.1-1]
        writer.WriteVariableByteInteger(sizeof(ReasonCode) + PacketWriter.VariableByteIntegerSize(block) + block);
        writer.WriteByte((byte)reason);
        writer.WriteVariableByteInteger(block);
        WriteProperties(ref writer, method, data, reasonString);
    }

    private static void WriteProperties(
        ref PacketWriter writer, ReadOnlySpan<byte> method, ReadOnlySpan<byte> data, ReadOnlySpan<byte> reasonString)
    {
        writer.WriteByte((byte)PropertyId.AuthenticationMethod);
        writer.WriteUtf8(method);
        if (!data.IsEmpty)
        {
            writer.WriteByte((byte)PropertyId.AuthenticationData);
            writer.WriteBinary(data);
        }

        if (reasonString.IsEmpty) return;
        writer.WriteByte((byte)PropertyId.ReasonString);
        writer.WriteUtf8(reasonString);
    }

    private void ReadProperties(ReadOnlySpan<byte> block)
    {
        var reader = new PropertyReader(block, PropertyPlace.Auth);
        while (reader.TryReadNext(out PropertyId id, out ReadOnlySpan<byte> value, out _, out _))
        {
            if (id == PropertyId.AuthenticationMethod)
            {
                HasMethod = true;
                Method = value;
            }
            else if (id == PropertyId.AuthenticationData)
            {
                Data = value;
            }
        }
    }
}

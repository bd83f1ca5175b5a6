using Broker.Core.Protocol;

namespace Broker.Testing.Wire;

/// <summary>Decodes what a server sends, strictly and apart from the broker's codec.</summary>
public static class ServerPackets
{
    /// <summary>Reads the packet at the start of <paramref name="buffer"/>.</summary>
    /// <param name="buffer">Bytes as they came.</param>
    /// <param name="v5">Whether the connection speaks MQTT 5.</param>
    /// <param name="consumed">The packet's size; 0 while it is incomplete.</param>
    /// <returns>The packet, or null while it is incomplete.</returns>
    /// <exception cref="InvalidDataException">The server sent what no server may send.</exception>
    public static ServerPacket? Decode(ReadOnlySpan<byte> buffer, bool v5, out int consumed)
    {
        consumed = 0;
        int length = 0;
        int header = 1;
        do
        {
            if (header == 5) throw new InvalidDataException("The remaining length has more than four bytes.");
            if (buffer.Length <= header) return null;
            length += (buffer[header] % 128) << (7 * (header - 1));
            header++;
        }
        while (buffer[header - 1] >= 128);

        if (buffer.Length < header + length) return null;
        consumed = header + length;
        var reader = new WireReader(buffer[header..consumed].ToArray());
        ServerPacket packet = DecodeBody(buffer[0], reader, v5);
        reader.ExpectEnd();
        return packet;
    }

    /// <summary>Reads all packets of <paramref name="buffer"/>, which must end with the last one.</summary>
    /// <exception cref="InvalidDataException">The server sent what no server may send, or only a part of a packet.</exception>
    public static List<ServerPacket> DecodeAll(ReadOnlySpan<byte> buffer, bool v5)
    {
        List<ServerPacket> packets = [];
        while (!buffer.IsEmpty)
        {
            packets.Add(Decode(buffer, v5, out int consumed) ?? throw new InvalidDataException("The last packet is cut off."));
            buffer = buffer[consumed..];
        }

        return packets;
    }

    private static ServerPacket DecodeBody(byte first, WireReader reader, bool v5) => first switch
    {
        0x20 => ConnAck(reader, v5),
        >= 0x30 and <= 0x3F => Publish(first, reader, v5),
        0x40 => Ack(reader, v5, (id, reason) => new ServerPacket.PubAck(id, reason)),
        0x50 => Ack(reader, v5, (id, reason) => new ServerPacket.PubRec(id, reason)),
        0x62 => Ack(reader, v5, (id, reason) => new ServerPacket.PubRel(id, reason)),
        0x70 => Ack(reader, v5, (id, reason) => new ServerPacket.PubComp(id, reason)),
        0x90 => WithCodes(reader, v5, (id, codes) => new ServerPacket.SubAck(id, codes)),
        0xB0 => WithCodes(reader, v5, (id, codes) => new ServerPacket.UnsubAck(id, codes)),
        0xD0 => new ServerPacket.PingResp(),
        0xE0 when v5 => WithReason(reader, reason => new ServerPacket.Disconnect(reason)),
        0xF0 when v5 => WithReason(reader, reason => new ServerPacket.Auth(reason)),
        _ => throw new InvalidDataException($"A server does not send a packet that begins with 0x{first:X2}."),
    };

    private static ServerPacket.ConnAck ConnAck(WireReader reader, bool v5)
    {
        byte flags = reader.Byte();
        if (flags > 1) throw new InvalidDataException($"Reserved CONNACK flags are set: 0x{flags:X2}.");
        var packet = new ServerPacket.ConnAck(flags == 1, (ReasonCode)reader.Byte());
        return v5 ? packet with { Properties = Properties.Read(reader) } : packet;
    }

    private static ServerPacket.Publish Publish(byte first, WireReader reader, bool v5)
    {
        int qos = (first / 2) % 4;
        bool dup = (first & 8) != 0;
        if (qos == 3) throw new InvalidDataException("QoS 3.");
        if (qos == 0 && dup) throw new InvalidDataException("DUP at QoS 0.");
        string topic = reader.Text();
        ushort id = qos > 0 ? reader.UInt16() : (ushort)0;
        if (qos > 0 && id == 0) throw new InvalidDataException("Packet identifier 0.");
        Properties properties = v5 ? Properties.Read(reader) : [];
        return new ServerPacket.Publish(topic, reader.Rest(), (QualityOfService)qos, (first & 1) != 0, dup, id) { Properties = properties };
    }

    private static ServerPacket.Ack Ack(WireReader reader, bool v5, Func<ushort, ReasonCode, ServerPacket.Ack> create)
    {
        ushort id = reader.UInt16();
        if (id == 0) throw new InvalidDataException("Packet identifier 0.");
        return v5 ? WithReason(reader, reason => create(id, reason)) : create(id, ReasonCode.Success);
    }

    private static ServerPacket WithCodes(WireReader reader, bool v5, Func<ushort, ReasonCode[], ServerPacket> create)
    {
        ushort id = reader.UInt16();
        Properties properties = v5 ? Properties.Read(reader) : [];
        return create(id, [.. reader.Rest().Select(code => (ReasonCode)code)]) with { Properties = properties };
    }

    /// <summary>Reason code and properties may each be left out from the end.</summary>
    private static TPacket WithReason<TPacket>(WireReader reader, Func<ReasonCode, TPacket> create)
        where TPacket : ServerPacket
    {
        TPacket packet = create(reader.Remaining == 0 ? ReasonCode.Success : (ReasonCode)reader.Byte());
        return reader.Remaining == 0 ? packet : packet with { Properties = Properties.Read(reader) };
    }
}

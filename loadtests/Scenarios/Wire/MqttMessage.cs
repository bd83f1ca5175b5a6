namespace Broker.LoadTests.Wire;

/// <summary>A PUBLISH as it lies in the read buffer; valid only while its handler runs.</summary>
public readonly ref struct MqttMessage
{
    public ReadOnlySpan<byte> Topic { get; init; }

    public ReadOnlySpan<byte> Payload { get; init; }

    public int Qos { get; init; }

    public ushort Id { get; init; }

    public bool IsRetained { get; init; }

    /// <summary>Where an answer is to go (MQTT 5); empty if nobody asked.</summary>
    public ReadOnlySpan<byte> ResponseTopic { get; init; }

    public ReadOnlySpan<byte> Correlation { get; init; }

    /// <summary>Reads one from the packet behind its fixed header.</summary>
    public static MqttMessage Read(byte first, ReadOnlySpan<byte> body, int version)
    {
        int qos = (first >> 1) & 3;
        ReadOnlySpan<byte> topic = Block(ref body);
        ushort id = 0;
        if (qos > 0)
        {
            id = (ushort)((body[0] << 8) | body[1]);
            body = body[2..];
        }

        ReadOnlySpan<byte> responseTopic = default;
        ReadOnlySpan<byte> correlation = default;
        if (version == MqttPackets.Version5)
        {
            int length = VariableNumber(ref body);
            ReadOnlySpan<byte> properties = body[..length];
            body = body[length..];
            while (properties.Length > 0) Property(ref properties, ref responseTopic, ref correlation);
        }

        return new MqttMessage { Topic = topic, Payload = body, Qos = qos, Id = id, IsRetained = (first & 1) != 0, ResponseTopic = responseTopic, Correlation = correlation };
    }

    private static void Property(scoped ref ReadOnlySpan<byte> from, ref ReadOnlySpan<byte> responseTopic, ref ReadOnlySpan<byte> correlation)
    {
        byte property = from[0];
        from = from[1..];
        switch (property)
        {
            case 0x01: // payload format
                from = from[1..];
                break;
            case 0x02: // message expiry
                from = from[4..];
                break;
            case 0x03: // content type
                Block(ref from);
                break;
            case 0x08:
                responseTopic = Block(ref from);
                break;
            case 0x09:
                correlation = Block(ref from);
                break;
            case 0x0B: // subscription identifier
                VariableNumber(ref from);
                break;
            case 0x23: // topic alias
                from = from[2..];
                break;
            case 0x26: // user property
                Block(ref from);
                Block(ref from);
                break;
            default:
                throw new InvalidDataException($"A PUBLISH has property 0x{property:X2}, which it cannot have");
        }
    }

    private static ReadOnlySpan<byte> Block(scoped ref ReadOnlySpan<byte> from)
    {
        int length = (from[0] << 8) | from[1];
        ReadOnlySpan<byte> block = from.Slice(2, length);
        from = from[(2 + length)..];
        return block;
    }

    private static int VariableNumber(scoped ref ReadOnlySpan<byte> from)
    {
        int value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte digit = from[0];
            from = from[1..];
            value |= (digit & 0x7F) << shift;
            if ((digit & 0x80) == 0) return value;
        }
    }
}

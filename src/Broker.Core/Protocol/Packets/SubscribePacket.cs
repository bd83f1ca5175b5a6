namespace Broker.Core.Protocol;

/// <summary>A SUBSCRIBE: a view into the receive buffer that also walks its filters.</summary>
/// <remarks>Packet identifier, properties (MQTT 5), then one or more filters, each with a byte of options.</remarks>
public ref struct SubscribePacket
{
    private const int QosBits = 0b0000_0011;
    private const int NoLocalBit = 0b0000_0100;
    private const int RetainAsPublishedBit = 0b0000_1000;
    private const int RetainHandlingShift = 4;
    private const int ReservedBits = 0b1100_0000;

    private PacketReader _filters;

    /// <summary>The packet identifier, never 0.</summary>
    public ushort PacketId { get; private init; }

    /// <summary>The subscription identifier, 1 to 268,435,455; 0: none.</summary>
    public int SubscriptionIdentifier { get; private set; }

    /// <summary>How many user properties there are.</summary>
    public int UserPropertyCount { get; private set; }

    /// <summary>All properties as they were sent (walk them with <see cref="PropertyReader"/>); checked.</summary>
    public ReadOnlySpan<byte> UserProperties { get; private set; }

    /// <summary>How many filters there are, at least one.</summary>
    public int FilterCount { get; private set; }

    /// <summary>The version that the packet was read by.</summary>
    public ProtocolVersion Version { get; private init; }

    /// <summary>Reads and checks a SUBSCRIBE. Filters are checked to be UTF-8, not to be filters.</summary>
    /// <param name="frame">A frame of type SUBSCRIBE.</param>
    /// <param name="version">What the connection speaks.</param>
    /// <exception cref="ProtocolViolationException">0x81 malformed, 0x82 protocol error.</exception>
    public static SubscribePacket Read(in Frame frame, ProtocolVersion version)
    {
        var reader = new PacketReader(frame.Body);
        var packet = new SubscribePacket { PacketId = reader.ReadUInt16(), Version = version };
        if (version == ProtocolVersion.V5) packet.ReadProperties(reader.ReadPropertyBlock());
        packet._filters = reader;
        while (!reader.End)
        {
            reader.ReadUtf8(); // [MQTT-3.8.3-1]
            CheckOptions(reader.ReadByte(), version);
            packet.FilterCount++;
        }

        if (packet.PacketId == 0) ProtocolViolationException.Protocol("A packet identifier is 0."); // [MQTT-2.2.1-3]
        if (packet.FilterCount == 0) ProtocolViolationException.Protocol("A SUBSCRIBE has no topic filter."); // [MQTT-3.8.3-2]
        return packet;
    }

    /// <summary>Takes the next filter.</summary>
    /// <param name="filter">The filter, valid UTF-8; whether it is a filter is for the caller to check.</param>
    /// <param name="options">Its options; before MQTT 5 the QoS alone, the rest as MQTT 3.1.1 behaves.</param>
    /// <returns>False after the last.</returns>
    public bool TryReadNext(out ReadOnlySpan<byte> filter, out SubscriptionOptions options)
    {
        if (_filters.End)
        {
            filter = default;
            options = default;
            return false;
        }

        filter = _filters.ReadBinary();
        int bits = _filters.ReadByte();
        options = Version == ProtocolVersion.V5
            ? new SubscriptionOptions(
                (QualityOfService)(bits & QosBits),
                (bits & NoLocalBit) != 0,
                (bits & RetainAsPublishedBit) != 0,
                (RetainHandling)((bits >> RetainHandlingShift) & 0b11))
            : new SubscriptionOptions((QualityOfService)(bits & QosBits), NoLocal: false, RetainAsPublished: false, RetainHandling.Send);
        return true;
    }

    private static void CheckOptions(int bits, ProtocolVersion version)
    {
        if (version == ProtocolVersion.V5)
        {
            if ((bits & ReservedBits) != 0)
            {
                ProtocolViolationException.Malformed("Reserved bits of subscription options are set."); // [MQTT-3.8.3-5]
            }

            if ((bits & QosBits) == 3) ProtocolViolationException.Protocol("QoS 3 does not exist."); // 3.8.3.1
            if (bits >> RetainHandlingShift == 3) ProtocolViolationException.Protocol("Retain Handling 3 does not exist."); // 3.8.3.1
            return;
        }

        if ((bits & QosBits) == 3) ProtocolViolationException.Malformed("QoS 3 does not exist."); // 3.1.1 [MQTT-3-8.3-4]
        if (version == ProtocolVersion.V311 && (bits & ~QosBits) != 0)
        {
            ProtocolViolationException.Malformed("Reserved bits of the requested QoS are set."); // 3.1.1 [MQTT-3-8.3-4]
        }
    }

    private void ReadProperties(ReadOnlySpan<byte> block)
    {
        UserProperties = block;
        var reader = new PropertyReader(block, PropertyPlace.Subscribe);
        while (reader.TryReadNext(out PropertyId id, out ReadOnlySpan<byte> value, out _, out _))
        {
            if (id == PropertyId.UserProperty)
            {
                UserPropertyCount++;
                continue;
            }

            SubscriptionIdentifier = new PacketReader(value).ReadVariableByteInteger();
            if (SubscriptionIdentifier == 0) ProtocolViolationException.Protocol("The subscription identifier is 0."); // 3.8.2.1.2
        }
    }
}

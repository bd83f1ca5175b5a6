namespace Broker.Core.Protocol;

/// <summary>An UNSUBSCRIBE: a view into the receive buffer that also walks its filters.</summary>
/// <remarks>Packet identifier, properties (MQTT 5), then one or more filters.</remarks>
public ref struct UnsubscribePacket
{
    private PacketReader _filters;

    /// <summary>The packet identifier, never 0.</summary>
    public ushort PacketId { get; private init; }

    /// <summary>How many user properties there are.</summary>
    public int UserPropertyCount { get; private set; }

    /// <summary>How many filters there are, at least one.</summary>
    public int FilterCount { get; private set; }

    /// <summary>Reads and checks an UNSUBSCRIBE. Filters are checked to be UTF-8, not to be filters.</summary>
    /// <param name="frame">A frame of type UNSUBSCRIBE.</param>
    /// <param name="version">What the connection speaks.</param>
    /// <exception cref="ProtocolViolationException">0x81 malformed, 0x82 protocol error.</exception>
    public static UnsubscribePacket Read(in Frame frame, ProtocolVersion version)
    {
        var reader = new PacketReader(frame.Body);
        var packet = new UnsubscribePacket { PacketId = reader.ReadUInt16() };
        if (version == ProtocolVersion.V5)
        {
            var properties = new PropertyReader(reader.ReadPropertyBlock(), PropertyPlace.Unsubscribe);
            while (properties.TryReadNext(out _, out _, out _, out _)) packet.UserPropertyCount++;
        }

        packet._filters = reader;
        while (!reader.End)
        {
            reader.ReadUtf8(); // [MQTT-3.10.3-1]
            packet.FilterCount++;
        }

        if (packet.PacketId == 0) ProtocolViolationException.Protocol("A packet identifier is 0."); // [MQTT-2.2.1-3]
        if (packet.FilterCount == 0) ProtocolViolationException.Protocol("An UNSUBSCRIBE has no topic filter."); // [MQTT-3.10.3-2]
        return packet;
    }

    /// <summary>Takes the next filter.</summary>
    /// <param name="filter">The filter, valid UTF-8; whether it is a filter is for the caller to check.</param>
    /// <returns>False after the last.</returns>
    public bool TryReadNext(out ReadOnlySpan<byte> filter)
    {
        if (_filters.End)
        {
            filter = default;
            return false;
        }

        filter = _filters.ReadBinary();
        return true;
    }
}

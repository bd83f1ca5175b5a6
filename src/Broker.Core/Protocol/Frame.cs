namespace Broker.Core.Protocol;

/// <summary>One control packet as it stands in the receive buffer: its first byte taken apart, and what follows the length.</summary>
/// <param name="type">The packet's type.</param>
/// <param name="flags">The lower half of the first byte.</param>
/// <param name="body">Variable header and payload; valid as long as the buffer that it was read from.</param>
public readonly ref struct Frame(PacketType type, byte flags, ReadOnlySpan<byte> body)
{
    /// <summary>The packet's type.</summary>
    public PacketType Type { get; } = type;

    /// <summary>The lower half of the first byte; checked for every type but PUBLISH.</summary>
    public byte Flags { get; } = flags;

    /// <summary>Variable header and payload.</summary>
    public ReadOnlySpan<byte> Body { get; } = body;
}

namespace Broker.Core.Protocol;

/// <summary>PINGREQ and PINGRESP, which have no content (<see cref="FrameReader"/> checks that).</summary>
public static class Ping
{
    /// <summary>A whole PINGRESP.</summary>
    public static ReadOnlySpan<byte> Response => [0xD0, 0x00];
}

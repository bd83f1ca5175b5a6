namespace Broker.LoadTests.Wire;

/// <summary>What connections moved, seen from the client.</summary>
/// <param name="BytesIn">Application bytes received.</param>
/// <param name="BytesOut">Application bytes sent.</param>
/// <param name="SegmentsIn">TCP segments received, acknowledgements included; 0 where the system does not tell.</param>
/// <param name="SegmentsOut">TCP segments sent.</param>
public readonly record struct WireBytes(long BytesIn, long BytesOut, long SegmentsIn, long SegmentsOut)
{
    /// <summary>Bytes of IPv4 and TCP headers with timestamps, a segment.</summary>
    public const int HeaderBytes = 52;

    public long Bytes => BytesIn + BytesOut;

    public long Segments => SegmentsIn + SegmentsOut;

    /// <summary>What crossed the network, headers included.</summary>
    public long IpBytes => Bytes + HeaderBytes * Segments;

    public static WireBytes operator +(WireBytes a, WireBytes b) =>
        new(a.BytesIn + b.BytesIn, a.BytesOut + b.BytesOut, a.SegmentsIn + b.SegmentsIn, a.SegmentsOut + b.SegmentsOut);

    public static WireBytes operator -(WireBytes a, WireBytes b) =>
        new(a.BytesIn - b.BytesIn, a.BytesOut - b.BytesOut, a.SegmentsIn - b.SegmentsIn, a.SegmentsOut - b.SegmentsOut);
}

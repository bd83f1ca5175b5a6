using Broker.Core.Protocol;

namespace Broker.Core.Connections;

/// <summary>What one read brought, for the counters.</summary>
internal struct ReceiveCounts
{
    /// <summary>Control packets.</summary>
    public int Packets;

    /// <summary>PUBLISH packets among them.</summary>
    public int Messages;

    /// <summary>Bytes of those, without fixed headers.</summary>
    public long MessageBytes;

    /// <summary>Counts a packet.</summary>
    public void Add(in Frame frame)
    {
        Packets++;
        if (frame.Type != PacketType.Publish) return;
        Messages++;
        MessageBytes += frame.Body.Length;
    }
}

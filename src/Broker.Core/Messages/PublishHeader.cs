using Broker.Core.Protocol;

namespace Broker.Core.Messages;

/// <summary>The first byte of a PUBLISH.</summary>
internal readonly record struct PublishHeader(QualityOfService Qos, bool Retain, bool Dup)
{
    /// <summary>The byte as it stands on the wire.</summary>
    public byte Byte => (byte)(((int)PacketType.Publish << 4) | (Dup ? 8 : 0) | ((int)Qos << 1) | (Retain ? 1 : 0));
}

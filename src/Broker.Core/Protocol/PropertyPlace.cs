namespace Broker.Core.Protocol;

/// <summary>Where a block of properties stands: in a packet of this type (same values as <see cref="PacketType"/>) or in a will.</summary>
public enum PropertyPlace : byte
{
    /// <summary>CONNECT, its first block.</summary>
    Connect = PacketType.Connect,

    /// <summary>PUBLISH.</summary>
    Publish = PacketType.Publish,

    /// <summary>PUBACK.</summary>
    PubAck = PacketType.PubAck,

    /// <summary>PUBREC.</summary>
    PubRec = PacketType.PubRec,

    /// <summary>PUBREL.</summary>
    PubRel = PacketType.PubRel,

    /// <summary>PUBCOMP.</summary>
    PubComp = PacketType.PubComp,

    /// <summary>SUBSCRIBE.</summary>
    Subscribe = PacketType.Subscribe,

    /// <summary>UNSUBSCRIBE.</summary>
    Unsubscribe = PacketType.Unsubscribe,

    /// <summary>DISCONNECT.</summary>
    Disconnect = PacketType.Disconnect,

    /// <summary>AUTH.</summary>
    Auth = PacketType.Auth,

    /// <summary>The will properties in CONNECT's payload.</summary>
    Will = 16,
}

using System.Text;
using Broker.Core.Protocol;

namespace Broker.Testing.Wire;

/// <summary>
/// A packet that a server sent; <see cref="ServerPackets.Decode"/> makes them. The kinds are nested, so that their names do not
/// collide with the broker's own.
/// </summary>
public abstract record ServerPacket(PacketType Type)
{
    /// <summary>The properties in their order; empty before MQTT 5 and where they were left out.</summary>
    public Properties Properties { get; init; } = [];

    /// <summary>The reason string, or null.</summary>
    public string? ReasonString => Properties.ReasonString;

    /// <summary>CONNACK. Before MQTT 5 <paramref name="ReasonCode"/> holds the return code, see <see cref="ReturnCode"/>.</summary>
    public sealed record ConnAck(bool SessionPresent, ReasonCode ReasonCode) : ServerPacket(PacketType.ConnAck)
    {
        /// <summary>The code as a number: what MQTT 3.1.1 calls return code.</summary>
        public byte ReturnCode => (byte)ReasonCode;
    }

    /// <summary>PUBLISH. <paramref name="PacketId"/> is 0 at QoS 0.</summary>
    public sealed record Publish(string Topic, byte[] Payload, QualityOfService Qos, bool Retain, bool Dup, ushort PacketId)
        : ServerPacket(PacketType.Publish)
    {
        /// <summary>The payload as text.</summary>
        public string Text => Encoding.UTF8.GetString(Payload);
    }

    /// <summary>PUBACK, PUBREC, PUBREL or PUBCOMP.</summary>
    public abstract record Ack(PacketType Type, ushort PacketId, ReasonCode ReasonCode) : ServerPacket(Type);

    public sealed record PubAck(ushort PacketId, ReasonCode ReasonCode) : Ack(PacketType.PubAck, PacketId, ReasonCode);

    public sealed record PubRec(ushort PacketId, ReasonCode ReasonCode) : Ack(PacketType.PubRec, PacketId, ReasonCode);

    public sealed record PubRel(ushort PacketId, ReasonCode ReasonCode) : Ack(PacketType.PubRel, PacketId, ReasonCode);

    public sealed record PubComp(ushort PacketId, ReasonCode ReasonCode) : Ack(PacketType.PubComp, PacketId, ReasonCode);

    /// <summary>SUBACK with a code for each filter.</summary>
    public sealed record SubAck(ushort PacketId, ReasonCode[] ReasonCodes) : ServerPacket(PacketType.SubAck);

    /// <summary>UNSUBACK; before MQTT 5 without codes.</summary>
    public sealed record UnsubAck(ushort PacketId, ReasonCode[] ReasonCodes) : ServerPacket(PacketType.UnsubAck);

    public sealed record PingResp() : ServerPacket(PacketType.PingResp);

    /// <summary>DISCONNECT; a server sends it in MQTT 5 only.</summary>
    public sealed record Disconnect(ReasonCode ReasonCode) : ServerPacket(PacketType.Disconnect);

    /// <summary>AUTH, MQTT 5.</summary>
    public sealed record Auth(ReasonCode ReasonCode) : ServerPacket(PacketType.Auth)
    {
        public string? Method => Properties.Text(PropertyId.AuthenticationMethod);

        public byte[]? Data => Properties.Bytes(PropertyId.AuthenticationData);
    }
}

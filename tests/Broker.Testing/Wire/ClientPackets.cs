using System.Text;
using Broker.Core.Protocol;

namespace Broker.Testing.Wire;

/// <summary>
/// Encodes every packet that a client of MQTT 3.1, 3.1.1 or 5 can send. Written apart from the broker's codec, plain and unchecked,
/// so that it can be the other side of it and can also send what is wrong.
/// </summary>
public static class ClientPackets
{
    private static readonly Properties _none = [];

    /// <summary>Any packet: its first byte, the length, and the rest as given.</summary>
    public static byte[] Packet(byte first, params byte[] body) => new WireWriter().Byte(first).VarInt(body.Length).Raw(body).ToArray();

    public static byte[] Connect(ConnectOptions options)
    {
        bool v5 = options.Version == ProtocolVersion.V5;
        var writer = new WireWriter()
            .Text(options.ProtocolName ?? (options.Version == ProtocolVersion.V31 ? "MQIsdp" : "MQTT"))
            .Byte(options.ProtocolLevel ?? (byte)options.Version)
            .Byte(options.ConnectFlags ?? FlagsOf(options))
            .UInt16(options.KeepAlive);
        if (v5) writer.Raw(options.Properties.ToBytes());
        writer.Text(options.ClientId);
        if (options.Will is { } will)
        {
            if (v5) writer.Raw(will.Properties.ToBytes());
            writer.Text(will.Topic).Binary(will.Payload);
        }

        if (options.UserName is not null) writer.Text(options.UserName);
        if (options.Password is not null) writer.Binary(options.Password);
        return Packet(0x10, writer.Raw(options.Trailing).ToArray());
    }

    /// <param name="version">Before MQTT 5 no properties are sent.</param>
    /// <param name="topic">The topic name.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="qos">QoS; 3 can be sent too.</param>
    /// <param name="id">The packet identifier, sent where QoS is not 0.</param>
    /// <param name="retain">The RETAIN flag.</param>
    /// <param name="dup">The DUP flag.</param>
    /// <param name="properties">The properties.</param>
    public static byte[] Publish(
        ProtocolVersion version,
        string topic,
        byte[] payload,
        QualityOfService qos = QualityOfService.AtMostOnce,
        ushort id = 0,
        bool retain = false,
        bool dup = false,
        Properties? properties = null)
    {
        var writer = new WireWriter().Text(topic);
        if (qos != QualityOfService.AtMostOnce) writer.UInt16(id);
        if (version == ProtocolVersion.V5) writer.Raw((properties ?? _none).ToBytes());
        return Packet((byte)(0x30 + (dup ? 8 : 0) + ((byte)qos * 2) + (retain ? 1 : 0)), writer.Raw(payload).ToArray());
    }

    /// <inheritdoc cref="Publish(ProtocolVersion, string, byte[], QualityOfService, ushort, bool, bool, Properties?)"/>
    public static byte[] Publish(
        ProtocolVersion version,
        string topic,
        string payload,
        QualityOfService qos = QualityOfService.AtMostOnce,
        ushort id = 0,
        bool retain = false,
        bool dup = false,
        Properties? properties = null) =>
        Publish(version, topic, Encoding.UTF8.GetBytes(payload), qos, id, retain, dup, properties);

    public static byte[] PubAck(
        ProtocolVersion version, ushort id, ReasonCode reason = ReasonCode.Success, Properties? properties = null) =>
        Ack(0x40, version, id, reason, properties);

    public static byte[] PubRec(
        ProtocolVersion version, ushort id, ReasonCode reason = ReasonCode.Success, Properties? properties = null) =>
        Ack(0x50, version, id, reason, properties);

    public static byte[] PubRel(
        ProtocolVersion version, ushort id, ReasonCode reason = ReasonCode.Success, Properties? properties = null) =>
        Ack(0x62, version, id, reason, properties);

    public static byte[] PubComp(
        ProtocolVersion version, ushort id, ReasonCode reason = ReasonCode.Success, Properties? properties = null) =>
        Ack(0x70, version, id, reason, properties);

    public static byte[] Subscribe(ProtocolVersion version, ushort id, params SubscribeFilter[] filters) =>
        Subscribe(version, id, _none, filters);

    public static byte[] Subscribe(ProtocolVersion version, ushort id, string filter, QualityOfService qos = QualityOfService.AtMostOnce) =>
        Subscribe(version, id, new SubscribeFilter(filter, qos));

    public static byte[] Subscribe(ProtocolVersion version, ushort id, Properties properties, params SubscribeFilter[] filters)
    {
        var writer = new WireWriter().UInt16(id);
        if (version == ProtocolVersion.V5) writer.Raw(properties.ToBytes());
        foreach (SubscribeFilter filter in filters) writer.Text(filter.Filter).Byte(filter.OptionsByte);
        return Packet(0x82, writer.ToArray());
    }

    public static byte[] Unsubscribe(ProtocolVersion version, ushort id, params string[] filters) =>
        Unsubscribe(version, id, _none, filters);

    public static byte[] Unsubscribe(ProtocolVersion version, ushort id, Properties properties, params string[] filters)
    {
        var writer = new WireWriter().UInt16(id);
        if (version == ProtocolVersion.V5) writer.Raw(properties.ToBytes());
        foreach (string filter in filters) writer.Text(filter);
        return Packet(0xA2, writer.ToArray());
    }

    public static byte[] PingReq() => [0xC0, 0x00];

    /// <summary>The short form where there is nothing to say; before MQTT 5 always.</summary>
    public static byte[] Disconnect(
        ProtocolVersion version, ReasonCode reason = ReasonCode.NormalDisconnection, Properties? properties = null) =>
        Packet(0xE0, version == ProtocolVersion.V5 ? ReasonAndProperties(reason, properties) : []);

    public static byte[] Auth(ReasonCode reason, Properties? properties = null) => Packet(0xF0, ReasonAndProperties(reason, properties));

    private static byte[] Ack(byte first, ProtocolVersion version, ushort id, ReasonCode reason, Properties? properties)
    {
        var writer = new WireWriter().UInt16(id);
        if (version == ProtocolVersion.V5) writer.Raw(ReasonAndProperties(reason, properties));
        return Packet(first, writer.ToArray());
    }

    private static byte[] ReasonAndProperties(ReasonCode reason, Properties? properties)
    {
        if (properties is null && reason == ReasonCode.Success) return [];
        return properties is null ? [(byte)reason] : [(byte)reason, .. properties.ToBytes()];
    }

    private static byte FlagsOf(ConnectOptions options)
    {
        int flags = options.CleanStart ? 0x02 : 0;
        if (options.Will is { } will) flags += 0x04 + ((byte)will.Qos * 8) + (will.Retain ? 0x20 : 0);
        if (options.Password is not null) flags += 0x40;
        if (options.UserName is not null) flags += 0x80;
        return (byte)flags;
    }
}

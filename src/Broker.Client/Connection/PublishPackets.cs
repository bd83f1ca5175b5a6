using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Broker.Client.Publishing;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Broker.Client.Connection;

/// <summary>Turns messages into PUBLISH packets.</summary>
/// <remarks>Threading: the connection's sender; the packet is used again for the next message.</remarks>
internal sealed class PublishPackets(TimeProvider time)
{
    private const string TraceParent = "traceparent";

    private readonly MqttPublishPacket _packet = new();

    /// <summary>User properties as the codec wants them.</summary>
    public static List<MqttUserProperty> UserProperties(IReadOnlyList<KeyValuePair<string, string>> properties, string? traceParent)
    {
        var list = new List<MqttUserProperty>(properties.Count + 1);
        foreach ((string name, string value) in properties) list.Add(Property(name, value));
        if (traceParent is not null) list.Add(Property(TraceParent, traceParent));
        return list;
    }

    /// <summary>The packet of a message, valid until the next call.</summary>
    public MqttPublishPacket Fill(OutboxEntry entry)
    {
        PublishOptions options = entry.Message.Options;
        _packet.Topic = entry.Message.Topic;
        _packet.Payload = new ReadOnlySequence<byte>(entry.Message.Payload);
        _packet.QualityOfServiceLevel = (MqttQualityOfServiceLevel)options.Qos;
        _packet.PacketIdentifier = entry.NeedsAck ? entry.PacketId : (ushort)0;
        _packet.Dup = entry.Duplicate;
        _packet.Retain = options.Retain;
        _packet.ContentType = options.ContentType;
        _packet.ResponseTopic = options.ResponseTopic;
        _packet.CorrelationData = options.CorrelationData.IsEmpty ? null : Bytes(options.CorrelationData);
        _packet.MessageExpiryInterval = entry.ExpiresAt is { } end ? Seconds(end - time.GetUtcNow()) : 0;
        _packet.UserProperties = options.UserProperties.Count > 0 || entry.TraceParent is not null ? UserProperties(options.UserProperties, entry.TraceParent) : null;
        return _packet;
    }

    /// <summary>Whole seconds, rounded up, at least one: zero would mean something else to the codec.</summary>
    public static uint Seconds(TimeSpan span) => (uint)Math.Clamp(Math.Ceiling(span.TotalSeconds), 1, uint.MaxValue);

    private static MqttUserProperty Property(string name, string value) => new(name, new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(value)));

    private static byte[] Bytes(ReadOnlyMemory<byte> memory) =>
        MemoryMarshal.TryGetArray(memory, out ArraySegment<byte> segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length ? segment.Array : memory.ToArray(); // it has an array, it said
}

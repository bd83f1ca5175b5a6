using System.Buffers.Binary;
using Broker.Core.Limits;
using Broker.Core.Primitives;
using Broker.Core.Protocol;

namespace Broker.Core.Messages;

/// <summary>
/// Writes PUBLISH packets for one client: its protocol version, its Maximum Packet Size, and the topic aliases of this
/// connection.
/// </summary>
/// <remarks>Threading: one caller at a time (the session's gate). Owner: the connection; aliases die with it [MQTT-3.3.2-7].</remarks>
internal sealed class PublishWriter(ProtocolVersion version, uint? maximumPacketSize, int topicAliases, Tenant? tenant = null)
{
    private const int LargestFixedHeader = 5;
    private const int AliasProperty = 3;
    private const int AliasAtMost = AliasProperty + 2; // both lengths of the packet may take a byte more with it
    private const int ExpiryProperty = 5;

    // A writer without aliases keeps nothing: all clients without a largest packet share those.
    private static readonly PublishWriter[] _plain =
        Array.ConvertAll(Enum.GetValues<ProtocolVersion>(), version => new PublishWriter(version, null, 0));

    private readonly long _maximumPacketSize = maximumPacketSize ?? long.MaxValue;
    private readonly ProtocolVersion _version = version;
    private Dictionary<byte[], ushort>? _aliases;
    private byte[] _topic = []; // a tenant's, as its client knows it

    /// <summary>The writer for a client: one of its own only where it needs one.</summary>
    /// <param name="version">The client's protocol version.</param>
    /// <param name="maximumPacketSize">The largest packet that it takes; null if it did not say.</param>
    /// <param name="topicAliases">How many topic aliases it takes.</param>
    /// <param name="tenant">The tenant that it is in: it sees topics without the tenant's name.</param>
    public static PublishWriter For(ProtocolVersion version, uint? maximumPacketSize, int topicAliases, Tenant? tenant = null)
    {
        bool isPlain = maximumPacketSize is null && topicAliases == 0 && tenant is null;
        return (isPlain ? Array.Find(_plain, writer => writer._version == version) : null) ?? new PublishWriter(version, maximumPacketSize, topicAliases, tenant);
    }

    /// <summary>Appends a PUBLISH, or nothing and false if it would be larger than the client takes [MQTT-3.1.2-24].</summary>
    /// <param name="output">Where to.</param>
    /// <param name="message">The message.</param>
    /// <param name="header">QoS, RETAIN, DUP.</param>
    /// <param name="packetId">The packet identifier; unused at QoS 0.</param>
    /// <param name="identifiers">Subscription Identifiers.</param>
    /// <param name="now">Milliseconds of the broker's clock.</param>
    public bool TryWrite(OutputBuffer output, Message message, PublishHeader header, ushort packetId, SubscriptionIdentifiers identifiers, long now)
    {
        bool isV5 = _version == ProtocolVersion.V5;
        bool hasExpiry = isV5 && message.ExpiresAt != long.MaxValue;
        int properties = isV5 ? message.Properties.Length + (hasExpiry ? ExpiryProperty : 0) + identifiers.Size : 0;
        int idBytes = header.Qos == QualityOfService.AtMostOnce ? 0 : 2;
        ReadOnlySpan<byte> topic = tenant is null ? message.PrefixedTopic : Unmount(message, tenant);
        long total = TotalSize(topic.Length, idBytes, isV5, properties, message.Payload.Length);
        ushort alias = 0;
        if (topicAliases > 0 && isV5 && total + AliasAtMost <= _maximumPacketSize)
        {
            alias = AliasOf(message, out bool known);
            if (known) topic = [0, 0];
            if (alias != 0) properties += AliasProperty;
        }

        int body = topic.Length + idBytes + message.Payload.Length
            + (isV5 ? PacketWriter.VariableByteIntegerSize(properties) + properties : 0);
        total = 1 + PacketWriter.VariableByteIntegerSize(body) + body;
        if (total > _maximumPacketSize) return false;

        Span<byte> span = output.GetSpan(LargestFixedHeader + body);
        int at = 0;
        span[at++] = header.Byte;
        at += WriteVariable(span[at..], body);
        topic.CopyTo(span[at..]);
        at += topic.Length;
        if (idBytes > 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(span[at..], packetId);
            at += 2;
        }

        if (isV5)
        {
            at += WriteVariable(span[at..], properties);
            if (hasExpiry)
            {
                span[at] = (byte)PropertyId.MessageExpiryInterval;
                BinaryPrimitives.WriteUInt32BigEndian(span[(at + 1)..], message.RemainingSeconds(now));
                at += ExpiryProperty;
            }

            if (alias != 0)
            {
                span[at] = (byte)PropertyId.TopicAlias;
                BinaryPrimitives.WriteUInt16BigEndian(span[(at + 1)..], alias);
                at += AliasProperty;
            }

            message.Properties.CopyTo(span[at..]);
            at += message.Properties.Length;
            at += identifiers.WriteTo(span[at..]);
        }

        message.Payload.CopyTo(span[at..]);
        output.Advance(at + message.Payload.Length);
        return true;
    }

    /// <summary>Writes a variable byte integer and returns its size.</summary>
    internal static int WriteVariable(Span<byte> span, int value)
    {
        int at = 0;
        while (value > 127)
        {
            span[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[at++] = (byte)value;
        return at;
    }

    private ReadOnlySpan<byte> Unmount(Message message, Tenant its)
    {
        if (_topic.Length < message.PrefixedTopic.Length) _topic = new byte[Math.Max(128, 2 * message.PrefixedTopic.Length)];
        int length = its.Unmount(message.Topic, _topic.AsSpan(sizeof(ushort)));
        BinaryPrimitives.WriteUInt16BigEndian(_topic, (ushort)length);
        return _topic.AsSpan(0, sizeof(ushort) + length);
    }

    private static long TotalSize(int topic, int id, bool isV5, int properties, int payload)
    {
        long body = (long)topic + id + payload + (isV5 ? PacketWriter.VariableByteIntegerSize(properties) + properties : 0);
        return 1 + (body > 268_435_455 ? 5 : PacketWriter.VariableByteIntegerSize((int)body)) + body;
    }

    /// <summary>
    /// The alias of the message's topic: an earlier one (<paramref name="known"/>), a new one while there are any, or 0. The
    /// first topics keep theirs: a device that sends many topics once does not push out those that come again and again.
    /// </summary>
    private ushort AliasOf(Message message, out bool known)
    {
        _aliases ??= new Dictionary<byte[], ushort>(Utf8Comparer.Instance);
        known = _aliases.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(message.Topic, out ushort alias);
        if (known || _aliases.Count >= topicAliases) return alias;
        alias = (ushort)(_aliases.Count + 1);
        _aliases.Add(message.Topic.ToArray(), alias);
        return alias;
    }
}

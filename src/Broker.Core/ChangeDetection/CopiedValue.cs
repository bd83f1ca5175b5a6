using System.Buffers.Binary;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Storage;

namespace Broker.Core.ChangeDetection;

/// <summary>
/// A topic's name and, behind it, a copy of its value, in one array of just that size: the topic in wire form, the expiry if it has one,
/// properties, payload. A shorter value leaves the array as it is, so that values whose length varies allocate nothing.
/// </summary>
/// <remarks>
/// Threading: under the lock of its <see cref="TopicState"/>, but for the topic, which never changes and is read without. Small on
/// purpose: there may be a million of them.
/// </remarks>
internal struct CopiedValue
{
    private const int LengthPrefix = 2;
    private const int ExpirySize = 8;

    private byte[] _bytes;
    private ushort _propertiesLength;
    private ushort _payloadLength;
    private byte _ackLevel; // an AckLevel
    private bool _expires;

    /// <summary>Takes over the topic, and makes room for a value if that is going to be copied.</summary>
    public CopiedValue(Message first, bool hasRoom)
    {
        ReadOnlySpan<byte> topic = first.PrefixedTopic;
        _bytes = new byte[hasRoom ? SizeOf(first) : topic.Length];
        topic.CopyTo(_bytes);
    }

    /// <summary>The topic name in UTF-8.</summary>
    public readonly ReadOnlySpan<byte> Topic
    {
        get
        {
            byte[] bytes = _bytes; // another array has the same topic
            return bytes.AsSpan(LengthPrefix, BinaryPrimitives.ReadUInt16BigEndian(bytes));
        }
    }

    /// <summary>Bytes of the array.</summary>
    public readonly int Size => _bytes.Length;

    /// <summary>The QoS that it was published with.</summary>
    public QualityOfService Qos { readonly get; private set; }

    /// <summary>The properties, as they stand in the message.</summary>
    public readonly ReadOnlySpan<byte> Properties => _bytes.AsSpan(PropertiesStart, _propertiesLength);

    /// <summary>The payload.</summary>
    public readonly ReadOnlySpan<byte> Payload => _bytes.AsSpan(PropertiesStart + _propertiesLength, _payloadLength);

    /// <summary>When it expires, in milliseconds of the broker's clock.</summary>
    public readonly long ExpiresAt => _expires ? BinaryPrimitives.ReadInt64LittleEndian(_bytes.AsSpan(TopicEnd)) : long.MaxValue;

    private readonly int TopicEnd => LengthPrefix + BinaryPrimitives.ReadUInt16BigEndian(_bytes);

    private readonly int PropertiesStart => TopicEnd + (_expires ? ExpirySize : 0);

    /// <summary>Copies a value of at most <see cref="TopicState.LargestCopy"/> bytes.</summary>
    public void Set(Message message)
    {
        int size = SizeOf(message);
        if (_bytes.Length < size)
        {
            var larger = new byte[size];
            message.PrefixedTopic.CopyTo(larger); // before anybody can find it
            Volatile.Write(ref _bytes, larger);
        }

        _expires = message.ExpiresAt != long.MaxValue;
        Qos = message.Qos;
        _ackLevel = (byte)message.AckLevel;
        _propertiesLength = (ushort)message.Properties.Length;
        _payloadLength = (ushort)message.Payload.Length;
        if (_expires) BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(TopicEnd), message.ExpiresAt);
        message.Properties.CopyTo(_bytes.AsSpan(PropertiesStart));
        message.Payload.CopyTo(_bytes.AsSpan(PropertiesStart + _propertiesLength));
    }

    /// <summary>A message of it, with a reference for the caller.</summary>
    public readonly Message ToMessage(MessagePool pool, PublisherIdentity publisher)
    {
        var publication = new Publication
        {
            Topic = Topic,
            Properties = new ForwardedProperties(Properties, _propertiesLength),
            Payload = Payload,
            Qos = Qos,
            Publisher = publisher,
        };
        Message message = pool.Create(publication, now: 0);
        message.ExpiresAt = ExpiresAt;
        message.AckLevel = (AckLevel)_ackLevel;
        return message;
    }

    private static int SizeOf(Message message) => message.Size + (message.ExpiresAt == long.MaxValue ? 0 : ExpirySize);
}

using System.Collections;
using System.Globalization;
using Broker.Core.Protocol;

namespace Broker.Testing.Wire;

/// <summary>
/// MQTT 5 properties in their order: a builder for what a client sends (each method returns the same list), and what was read of a
/// server's packet. Nothing is checked: wrong ones can be built as well.
/// </summary>
public sealed class Properties : IReadOnlyList<WireProperty>
{
    private readonly List<WireProperty> _items = [];
    private readonly List<byte> _encoded = [];

    /// <summary>How many there are (raw bytes do not count).</summary>
    public int Count => _items.Count;

    public WireProperty this[int index] => _items[index];

    /// <summary>The reason string, or null.</summary>
    public string? ReasonString => Text(PropertyId.ReasonString);

    /// <summary>The user properties in their order.</summary>
    public IReadOnlyList<(string Name, string Value)> UserProperties =>
        [.. _items.Where(p => p.Id == PropertyId.UserProperty).Select(p => ((string, string))p.Value)];

    /// <summary>The subscription identifiers in their order.</summary>
    public IReadOnlyList<uint> SubscriptionIdentifiers =>
        [.. _items.Where(p => p.Id == PropertyId.SubscriptionIdentifier).Select(p => (uint)p.Value)];

    public bool Has(PropertyId id) => _items.Exists(p => p.Id == id);

    /// <summary>The number that <paramref name="id"/> has, or null where it is absent.</summary>
    public uint? Number(PropertyId id) =>
        _items.Find(p => p.Id == id) is { } property ? Convert.ToUInt32(property.Value, CultureInfo.InvariantCulture) : null;

    /// <summary>The string that <paramref name="id"/> has, or null where it is absent.</summary>
    public string? Text(PropertyId id) => (string?)_items.Find(p => p.Id == id)?.Value;

    /// <summary>The bytes that <paramref name="id"/> has, or null where it is absent.</summary>
    public byte[]? Bytes(PropertyId id) => (byte[]?)_items.Find(p => p.Id == id)?.Value;

    public Properties PayloadFormatIndicator(byte value) => Add(PropertyId.PayloadFormatIndicator, value);

    public Properties MessageExpiryInterval(uint seconds) => Add(PropertyId.MessageExpiryInterval, seconds);

    public Properties ContentType(string value) => Add(PropertyId.ContentType, value);

    public Properties ResponseTopic(string value) => Add(PropertyId.ResponseTopic, value);

    public Properties CorrelationData(byte[] value) => Add(PropertyId.CorrelationData, value);

    public Properties SubscriptionIdentifier(uint value) => Add(PropertyId.SubscriptionIdentifier, value);

    public Properties SessionExpiryInterval(uint seconds) => Add(PropertyId.SessionExpiryInterval, seconds);

    public Properties AuthenticationMethod(string value) => Add(PropertyId.AuthenticationMethod, value);

    public Properties AuthenticationData(byte[] value) => Add(PropertyId.AuthenticationData, value);

    public Properties RequestProblemInformation(byte value) => Add(PropertyId.RequestProblemInformation, value);

    public Properties WillDelayInterval(uint seconds) => Add(PropertyId.WillDelayInterval, seconds);

    public Properties RequestResponseInformation(byte value) => Add(PropertyId.RequestResponseInformation, value);

    public Properties Reason(string value) => Add(PropertyId.ReasonString, value);

    public Properties ReceiveMaximum(ushort value) => Add(PropertyId.ReceiveMaximum, value);

    public Properties TopicAliasMaximum(ushort value) => Add(PropertyId.TopicAliasMaximum, value);

    public Properties TopicAlias(ushort value) => Add(PropertyId.TopicAlias, value);

    public Properties MaximumPacketSize(uint value) => Add(PropertyId.MaximumPacketSize, value);

    public Properties User(string name, string value) => Add(PropertyId.UserProperty, (name, value));

    /// <summary>Adds a property whose value has the type that <see cref="WireProperty"/> names for it.</summary>
    public Properties Add(PropertyId id, object value) => Add(new WireProperty(id, value));

    public Properties Add(WireProperty property)
    {
        _items.Add(property);
        var writer = new WireWriter().Byte((byte)property.Id);
        switch (property.Value)
        {
            case byte number:
                writer.Byte(number);
                break;
            case ushort number:
                writer.UInt16(number);
                break;
            case uint number when property.Id == PropertyId.SubscriptionIdentifier:
                writer.VarInt(number);
                break;
            case uint number:
                writer.UInt32(number);
                break;
            case string text:
                writer.Text(text);
                break;
            case byte[] bytes:
                writer.Binary(bytes);
                break;
            case (string name, string value):
                writer.Text(name).Text(value);
                break;
            default:
                throw new ArgumentException($"No MQTT property is a {property.Value.GetType().Name}.");
        }

        _encoded.AddRange(writer.ToArray());
        return this;
    }

    /// <summary>Adds bytes as they are: what no property looks like.</summary>
    public Properties Raw(params IEnumerable<byte> bytes)
    {
        _encoded.AddRange(bytes);
        return this;
    }

    /// <summary>The encoded properties without the length of them all.</summary>
    public byte[] ToBlock() => [.. _encoded];

    /// <summary>The encoded properties with the length of them all in front.</summary>
    public byte[] ToBytes() => new WireWriter().VarInt(_encoded.Count).Raw(_encoded).ToArray();

    public IEnumerator<WireProperty> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Join(", ", _items);

    /// <summary>Reads a block of properties that has no length in front.</summary>
    /// <exception cref="InvalidDataException">It is not well-formed.</exception>
    public static Properties Parse(ReadOnlySpan<byte> block)
    {
        var properties = new Properties();
        var reader = new WireReader(block.ToArray());
        while (reader.Remaining > 0)
        {
            var id = (PropertyId)reader.Byte();
            properties.Add(id, ReadValue(id, reader));
        }

        return properties;
    }

    internal static Properties Read(WireReader packet) => Parse(packet.Take((int)packet.VarInt()));

    private static object ReadValue(PropertyId id, WireReader reader) => (int)id switch
    {
        1 or 23 or 25 or 36 or 37 or 40 or 41 or 42 => reader.Byte(),
        19 or 33 or 34 or 35 => reader.UInt16(),
        2 or 17 or 24 or 39 => reader.UInt32(),
        11 => reader.VarInt(),
        3 or 8 or 18 or 21 or 26 or 28 or 31 => reader.Text(),
        9 or 22 => reader.Binary(),
        38 => (reader.Text(), reader.Text()),
        _ => throw new InvalidDataException($"There is no property {(int)id}."),
    };
}

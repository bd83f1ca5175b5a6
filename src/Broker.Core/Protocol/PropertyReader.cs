using System.Buffers.Binary;

namespace Broker.Core.Protocol;

/// <summary>Walks a block of MQTT 5 properties in the order in which they were sent.</summary>
/// <remarks>
/// A value is handed out without its length: 1, 2 or 4 bytes for numbers (big-endian), the encoded bytes of a variable byte
/// integer, the content of a string or of binary data. A user property is handed out as it stands: two strings, each with
/// its length, see <see cref="SplitUserProperty"/>.
/// </remarks>
public ref struct PropertyReader
{
    private readonly ReadOnlySpan<byte> _block;
    private readonly PropertyPlace _place;
    private ulong _seen;
    private int _position;

    /// <summary>Walks a block that has been checked before (it came out of a packet): only lengths are looked at.</summary>
    /// <param name="block">The properties, without the length of them all.</param>
    public PropertyReader(ReadOnlySpan<byte> block) => _block = block;

    /// <summary>Walks and checks a block: identifiers, where they may stand, how often, and that strings are strings.</summary>
    /// <param name="block">The properties, without the length of them all.</param>
    /// <param name="place">Where the block stands.</param>
    public PropertyReader(ReadOnlySpan<byte> block, PropertyPlace place)
    {
        _block = block;
        _place = place;
    }

    /// <summary>Takes the next property.</summary>
    /// <param name="id">Its identifier.</param>
    /// <param name="value">Its value without a length in front.</param>
    /// <param name="start">Where its identifier stands in the block.</param>
    /// <param name="length">How many bytes of the block it takes, identifier included.</param>
    /// <returns>False at the end of the block.</returns>
    /// <exception cref="ProtocolViolationException">
    /// 0x81: cut off, not well-formed, or an identifier that is unknown or not for this place.
    /// 0x82: there twice, or a value that is not allowed.
    /// </exception>
    public bool TryReadNext(out PropertyId id, out ReadOnlySpan<byte> value, out int start, out int length)
    {
        start = _position;
        if (start == _block.Length)
        {
            id = default;
            value = default;
            length = 0;
            return false;
        }

        // Identifiers are variable byte integers, but all that exist fit in one byte.
        id = (PropertyId)_block[start];
        PropertyKind kind = PropertyTable.KindOf(id);
        if (kind == PropertyKind.None) ProtocolViolationException.Malformed("There is no such property."); // 2.2.2.2
        if (_place != default) CheckPlace(id);
        var reader = new PacketReader(_block[(start + 1)..]);
        value = ReadValue(ref reader, kind, check: _place != default);
        _position = _block.Length - reader.Remaining;
        length = _position - start;
        return true;
    }

    /// <summary>Takes a user property apart.</summary>
    /// <param name="pair">The value that <see cref="TryReadNext"/> gave.</param>
    /// <param name="name">Its name, UTF-8.</param>
    /// <param name="value">Its value, UTF-8.</param>
    public static void SplitUserProperty(ReadOnlySpan<byte> pair, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var reader = new PacketReader(pair);
        name = reader.ReadBinary();
        value = reader.ReadBinary();
    }

    /// <summary>Looks for a property in a block that has been checked before.</summary>
    /// <param name="block">The properties, without the length of them all.</param>
    /// <param name="wanted">Its identifier.</param>
    /// <param name="value">Its value as <see cref="TryReadNext"/> hands it out; the first one, if it may be repeated.</param>
    public static bool TryFind(ReadOnlySpan<byte> block, PropertyId wanted, out ReadOnlySpan<byte> value)
    {
        var reader = new PropertyReader(block);
        while (reader.TryReadNext(out PropertyId id, out value, out _, out _))
        {
            if (id == wanted) return true;
        }

        return false;
    }

    internal static ushort UInt16(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadUInt16BigEndian(value);

    internal static uint UInt32(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadUInt32BigEndian(value);

    private static ReadOnlySpan<byte> ReadValue(scoped ref PacketReader reader, PropertyKind kind, bool check)
    {
        switch (kind)
        {
            case PropertyKind.Flag:
                ReadOnlySpan<byte> flag = reader.ReadBytes(1);
                if (check && flag[0] > 1) ProtocolViolationException.Protocol("A property that is 0 or 1 has another value.");
                return flag;
            case PropertyKind.UInt16:
                return reader.ReadBytes(sizeof(ushort));
            case PropertyKind.UInt32:
                return reader.ReadBytes(sizeof(uint));
            case PropertyKind.VariableByteInteger:
                PacketReader integer = reader;
                integer.ReadVariableByteInteger();
                return reader.ReadBytes(reader.Remaining - integer.Remaining);
            case PropertyKind.Utf8:
                return check ? reader.ReadUtf8() : reader.ReadBinary();
            case PropertyKind.Utf8Pair:
                PacketReader pair = reader;
                for (int i = 0; i < 2; i++)
                {
                    if (check) pair.ReadUtf8(); // [MQTT-1.5.7-1]
                    else pair.ReadBinary();
                }

                return reader.ReadBytes(reader.Remaining - pair.Remaining);
            default:
                return reader.ReadBinary();
        }
    }

    private void CheckPlace(PropertyId id)
    {
        if (!PropertyTable.IsAllowed(id, _place))
        {
            ProtocolViolationException.Malformed("A property is not allowed in this packet."); // 2.2.2.2
        }

        ulong bit = 1UL << (int)id;
        if ((_seen & bit) != 0 && !PropertyTable.MayRepeat(id)) ProtocolViolationException.Protocol("A property is there more than once.");
        _seen |= bit;
    }
}

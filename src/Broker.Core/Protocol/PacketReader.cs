using System.Buffers.Binary;
using System.Text.Unicode;

namespace Broker.Core.Protocol;

/// <summary>A cursor over one packet's body. Every length is checked against what is left of this packet.</summary>
/// <remarks>All methods throw <see cref="ProtocolViolationException"/> with 0x81 where the body does not hold what is asked for.</remarks>
/// <param name="body">The bytes to read.</param>
public ref struct PacketReader(ReadOnlySpan<byte> body)
{
    /// <summary>The largest value of a variable byte integer.</summary>
    public const int MaxVariableByteInteger = 268_435_455;

    private ReadOnlySpan<byte> _rest = body;

    /// <summary>Bytes not yet read.</summary>
    public readonly int Remaining => _rest.Length;

    /// <summary>True once everything is read.</summary>
    public readonly bool End => _rest.IsEmpty;

    /// <summary>Reads one byte.</summary>
    public byte ReadByte()
    {
        if (_rest.IsEmpty) Short();
        byte value = _rest[0];
        _rest = _rest[1..];
        return value;
    }

    /// <summary>Reads a two byte integer, big-endian.</summary>
    public ushort ReadUInt16()
    {
        if (_rest.Length < sizeof(ushort)) Short();
        ushort value = BinaryPrimitives.ReadUInt16BigEndian(_rest);
        _rest = _rest[sizeof(ushort)..];
        return value;
    }

    /// <summary>Reads a four byte integer, big-endian.</summary>
    public uint ReadUInt32()
    {
        if (_rest.Length < sizeof(uint)) Short();
        uint value = BinaryPrimitives.ReadUInt32BigEndian(_rest);
        _rest = _rest[sizeof(uint)..];
        return value;
    }

    /// <summary>Reads a variable byte integer in its shortest form: 0 to <see cref="MaxVariableByteInteger"/>.</summary>
    public int ReadVariableByteInteger()
    {
        int value = 0;
        for (int i = 0; i < 4; i++)
        {
            if (i == _rest.Length) Short();
            byte digit = _rest[i];
            value |= (digit & 0x7F) << (7 * i);
            if (digit >= 0x80) continue;
            if (digit == 0 && i > 0) ProtocolViolationException.Malformed("An integer is not in its shortest form."); // [MQTT-1.5.5-1]
            _rest = _rest[(i + 1)..];
            return value;
        }

        ProtocolViolationException.Malformed("A variable byte integer has more than four bytes.");
        return 0;
    }

    /// <summary>Reads a string with its length in front, and returns its bytes: well-formed UTF-8 without U+0000.</summary>
    public ReadOnlySpan<byte> ReadUtf8()
    {
        ReadOnlySpan<byte> value = ReadBinary();
        CheckUtf8(value);
        return value;
    }

    /// <summary>Reads binary data with its length (two bytes) in front.</summary>
    public ReadOnlySpan<byte> ReadBinary() => ReadBytes(ReadUInt16());

    /// <summary>Reads <paramref name="count"/> bytes.</summary>
    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        if ((uint)count > (uint)_rest.Length) Short();
        ReadOnlySpan<byte> value = _rest[..count];
        _rest = _rest[count..];
        return value;
    }

    /// <summary>Reads a block of MQTT 5 properties and returns it without its length.</summary>
    public ReadOnlySpan<byte> ReadPropertyBlock() => ReadBytes(ReadVariableByteInteger());

    /// <summary>Reads all that is left.</summary>
    public ReadOnlySpan<byte> Rest()
    {
        ReadOnlySpan<byte> value = _rest;
        _rest = default;
        return value;
    }

    /// <summary>Throws unless everything was read.</summary>
    public readonly void ExpectEnd()
    {
        if (!_rest.IsEmpty) ProtocolViolationException.Malformed("The packet has bytes after its last field.");
    }

    internal static void CheckUtf8(ReadOnlySpan<byte> value)
    {
        // [MQTT-1.5.4-1] IsValid refuses surrogates, overlong forms and what is cut off.
        if (!Utf8.IsValid(value)) NotUtf8();
        if (value.Contains((byte)0)) ProtocolViolationException.Malformed("A string contains U+0000."); // [MQTT-1.5.4-2]
    }

    internal static void NotUtf8() => ProtocolViolationException.Malformed("A string is not well-formed UTF-8.");

    private static void Short() => ProtocolViolationException.Malformed("The packet is shorter than its fields.");
}

using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Broker.Core.Protocol;

/// <summary>A cursor that writes MQTT's data types into a buffer, or only counts the bytes that it would write.</summary>
/// <param name="output">Where the bytes go.</param>
public ref struct PacketWriter(IBufferWriter<byte> output)
{
    // null: count only
    private readonly IBufferWriter<byte>? _output = output;

    /// <summary>Bytes written (or counted) so far.</summary>
    public int Written { get; private set; }

    /// <summary>A writer that writes nothing and counts: tells the length that a packet must say before its content.</summary>
    public static PacketWriter Counter() => default;

    /// <summary>How many bytes the variable byte integer <paramref name="value"/> takes: 1 to 4.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or more than four bytes can hold.</exception>
    public static int VariableByteIntegerSize(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, PacketReader.MaxVariableByteInteger);
        return value switch { < 0x80 => 1, < 0x4000 => 2, < 0x20_0000 => 3, _ => 4 };
    }

    /// <summary>Writes one byte.</summary>
    public void WriteByte(byte value)
    {
        Written++;
        if (_output is null) return;
        _output.GetSpan(1)[0] = value;
        _output.Advance(1);
    }

    /// <summary>Writes a two byte integer, big-endian.</summary>
    public void WriteUInt16(ushort value)
    {
        Written += sizeof(ushort);
        if (_output is null) return;
        BinaryPrimitives.WriteUInt16BigEndian(_output.GetSpan(sizeof(ushort)), value);
        _output.Advance(sizeof(ushort));
    }

    /// <summary>Writes a four byte integer, big-endian.</summary>
    public void WriteUInt32(uint value)
    {
        Written += sizeof(uint);
        if (_output is null) return;
        BinaryPrimitives.WriteUInt32BigEndian(_output.GetSpan(sizeof(uint)), value);
        _output.Advance(sizeof(uint));
    }

    /// <summary>Writes a variable byte integer in its shortest form.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or more than four bytes can hold.</exception>
    public void WriteVariableByteInteger(int value)
    {
        int size = VariableByteIntegerSize(value);
        Written += size;
        if (_output is null) return;
        Span<byte> span = _output.GetSpan(size);
        for (int i = 0; i < size; i++)
        {
            span[i] = (byte)((value & 0x7F) | (i < size - 1 ? 0x80 : 0)); // [MQTT-1.5.5-1]
            value >>= 7;
        }

        _output.Advance(size);
    }

    /// <summary>Writes a string, already in UTF-8, with its length in front.</summary>
    /// <exception cref="ArgumentException">Longer than 65,535 bytes.</exception>
    public void WriteUtf8(ReadOnlySpan<byte> value) => WriteBinary(value);

    /// <summary>Writes a string as UTF-8 with its length in front.</summary>
    /// <exception cref="ArgumentException">Longer than 65,535 bytes in UTF-8.</exception>
    public void WriteUtf8(string value)
    {
        int size = Encoding.UTF8.GetByteCount(value);
        WriteLength(size);
        Written += size;
        if (_output is null) return;
        Encoding.UTF8.GetBytes(value, _output.GetSpan(size));
        _output.Advance(size);
    }

    /// <summary>Writes binary data with its length in front.</summary>
    /// <exception cref="ArgumentException">Longer than 65,535 bytes.</exception>
    public void WriteBinary(ReadOnlySpan<byte> value)
    {
        WriteLength(value.Length);
        WriteBytes(value);
    }

    /// <summary>Writes the bytes as they are.</summary>
    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        Written += value.Length;
        if (_output is null || value.IsEmpty) return;
        value.CopyTo(_output.GetSpan(value.Length));
        _output.Advance(value.Length);
    }

    private void WriteLength(int size)
    {
        if (size > ushort.MaxValue) throw new ArgumentException("An MQTT string or binary value holds at most 65535 bytes.");
        WriteUInt16((ushort)size);
    }
}

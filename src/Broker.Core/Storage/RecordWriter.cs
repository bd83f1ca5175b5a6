using System.Buffers.Binary;
using System.Text;

namespace Broker.Core.Storage;

/// <summary>
/// Encodes records one after another: a byte of kind, four bytes of length, then fields. Numbers are little-endian; texts and
/// byte strings have four bytes of length in front.
/// </summary>
/// <remarks>Threading: each thread has one of its own; it is empty when it is rented. It keeps no more than <see cref="KeptBytes"/>.</remarks>
internal sealed class RecordWriter
{
    /// <summary>Bytes in front of a record's fields.</summary>
    public const int HeaderBytes = 5;

    private const int KeptBytes = 1_048_576;

    [ThreadStatic]
    private static RecordWriter? _own;

    private byte[] _bytes = new byte[1_024];
    private int _length;
    private int _start;

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>The writer of this thread, empty.</summary>
    public static RecordWriter Rent()
    {
        RecordWriter own = _own ??= new RecordWriter();
        if (own._bytes.Length > KeptBytes) own._bytes = new byte[1_024];
        own._length = 0;
        return own;
    }

    /// <summary>Begins a record.</summary>
    public RecordWriter Begin(RecordKind kind)
    {
        _start = _length;
        Reserve(HeaderBytes)[0] = (byte)kind;
        return this;
    }

    /// <summary>Ends the record.</summary>
    public void End() => BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(_start + 1), _length - _start - HeaderBytes);

    /// <summary>Adds a byte.</summary>
    public RecordWriter Byte(byte value)
    {
        Reserve(1)[0] = value;
        return this;
    }

    /// <summary>Adds two bytes.</summary>
    public RecordWriter UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(Reserve(sizeof(ushort)), value);
        return this;
    }

    /// <summary>Adds four bytes.</summary>
    public RecordWriter Int32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(Reserve(sizeof(int)), value);
        return this;
    }

    /// <summary>Adds eight bytes.</summary>
    public RecordWriter Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Reserve(sizeof(long)), value);
        return this;
    }

    /// <summary>Adds a byte string.</summary>
    public RecordWriter Bytes(ReadOnlySpan<byte> value)
    {
        Int32(value.Length);
        value.CopyTo(Reserve(value.Length));
        return this;
    }

    /// <summary>Adds a text in UTF-8.</summary>
    public RecordWriter Text(string value)
    {
        int size = Encoding.UTF8.GetByteCount(value);
        Int32(size);
        Encoding.UTF8.GetBytes(value, Reserve(size));
        return this;
    }

    private Span<byte> Reserve(int count)
    {
        if (_length + count > _bytes.Length) Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _length + count));
        Span<byte> span = _bytes.AsSpan(_length, count);
        _length += count;
        return span;
    }
}

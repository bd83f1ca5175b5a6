using System.Buffers.Binary;
using System.Text;

namespace Broker.Core.Storage;

/// <summary>A cursor over the records of one commit, as <see cref="RecordWriter"/> writes them.</summary>
/// <param name="records">The records.</param>
internal struct RecordReader(ReadOnlyMemory<byte> records)
{
    // Every duration comes from a number of seconds in four bytes.
    private const long LongestMilliseconds = uint.MaxValue * 1_000L;

    private ReadOnlyMemory<byte> _rest = records;
    private ReadOnlyMemory<byte> _fields;

    /// <summary>The kind of the record that the cursor is in.</summary>
    public RecordKind Kind { get; private set; }

    /// <summary>What is left of the fields of this record.</summary>
    public readonly ReadOnlyMemory<byte> Fields => _fields;

    /// <summary>A cursor over the fields of one record.</summary>
    public static RecordReader OfFields(ReadOnlyMemory<byte> fields) => new(default) { _fields = fields };

    /// <summary>Goes to the next record; false if there is none.</summary>
    /// <exception cref="InvalidDataException">The bytes are no records.</exception>
    public bool TryReadNext()
    {
        if (_rest.IsEmpty) return false;
        if (_rest.Length < RecordWriter.HeaderBytes) Throw();
        int length = BinaryPrimitives.ReadInt32LittleEndian(_rest.Span[1..]);
        if (length < 0 || length > _rest.Length - RecordWriter.HeaderBytes) Throw();
        Kind = (RecordKind)_rest.Span[0];
        _fields = _rest.Slice(RecordWriter.HeaderBytes, length);
        _rest = _rest[(RecordWriter.HeaderBytes + length)..];
        return true;
    }

    /// <summary>Takes a byte.</summary>
    public byte Byte() => Take(1).Span[0];

    /// <summary>Takes two bytes.</summary>
    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)).Span);

    /// <summary>Takes four bytes.</summary>
    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)).Span);

    /// <summary>Takes eight bytes.</summary>
    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)).Span);

    /// <summary>Takes a duration, written in milliseconds.</summary>
    public TimeSpan Duration()
    {
        long milliseconds = Int64();
        if (milliseconds is < 0 or > LongestMilliseconds) throw new InvalidDataException("A record in the store has a duration that nothing has");
        return TimeSpan.FromMilliseconds(milliseconds);
    }

    /// <summary>Takes how many fields of a size follow: no more than there is room for, so that it may be allocated.</summary>
    public int Count(int fieldBytes)
    {
        int count = Int32();
        if (count < 0 || count > _fields.Length / fieldBytes) Throw();
        return count;
    }

    /// <summary>Takes a byte string.</summary>
    public ReadOnlyMemory<byte> Bytes() => Take(Int32());

    /// <summary>Takes a text.</summary>
    public string Text() => Encoding.UTF8.GetString(Bytes().Span);

    private ReadOnlyMemory<byte> Take(int count)
    {
        if (count < 0 || count > _fields.Length) Throw();
        ReadOnlyMemory<byte> taken = _fields[..count];
        _fields = _fields[count..];
        return taken;
    }

    private static void Throw() => throw new InvalidDataException("A record in the store is shorter than it says");
}

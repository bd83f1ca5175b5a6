using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Broker.Client.Publishing;

/// <summary>
/// One record of the outbound queue's file while it is written: <c>length u32, CRC-32C u32, kind u8, sequence i64, rest</c>, little-endian; length and
/// checksum are those of what follows them.
/// </summary>
/// <remarks>Threading: the <see cref="Outbox"/>'s lock.</remarks>
internal sealed class OutboxRecordBuffer
{
    /// <summary>Length and checksum.</summary>
    public const int HeadBytes = 8;

    /// <summary>Kind and sequence, which every record has.</summary>
    public const int KindBytes = 1 + sizeof(long);

    private const int KeptBytes = 1024 * 1024;

    private byte[] _buffer = new byte[256];
    private int _end;

    /// <summary>The checksum of a record's rest.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte one in bytes) crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }

    /// <summary>Ends a record and gives it, until the next begins.</summary>
    public ReadOnlySpan<byte> Seal()
    {
        Span<byte> record = _buffer.AsSpan(0, _end);
        BinaryPrimitives.WriteInt32LittleEndian(record, record.Length - HeadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(record[sizeof(int)..], Checksum(record[HeadBytes..]));
        return record;
    }

    public void Begin(byte kind, long sequence)
    {
        if (_buffer.Length > KeptBytes) _buffer = new byte[256]; // one large message does not stay for good
        _end = HeadBytes;
        Reserve(1)[0] = kind;
        WriteInt64(sequence);
    }

    public void WriteByte(byte value) => Reserve(1)[0] = value;

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Reserve(sizeof(int)), value);

    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Reserve(sizeof(long)), value);

    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteInt32(value.Length);
        value.CopyTo(Reserve(value.Length));
    }

    public void WriteText(string? value)
    {
        if (value is null)
        {
            WriteInt32(-1);
            return;
        }

        int length = Encoding.UTF8.GetByteCount(value);
        WriteInt32(length);
        Encoding.UTF8.GetBytes(value, Reserve(length));
    }

    private Span<byte> Reserve(int count)
    {
        if (_buffer.Length - _end < count) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _end + count));
        Span<byte> reserved = _buffer.AsSpan(_end, count);
        _end += count;
        return reserved;
    }
}

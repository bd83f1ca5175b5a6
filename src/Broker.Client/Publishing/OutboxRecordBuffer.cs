using System.Buffers.Binary;
using System.Text;

namespace Broker.Client.Publishing;

/// <summary>One record of the outbound queue's file while it is written. Guarded by the <see cref="Outbox"/>'s lock.</summary>
internal sealed class OutboxRecordBuffer
{
    private const int HeadBytes = 8;

    private byte[] _buffer = new byte[256];
    private int _end;

    public Span<byte> Written => _buffer.AsSpan(0, _end);

    public void Begin(byte kind, long sequence)
    {
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

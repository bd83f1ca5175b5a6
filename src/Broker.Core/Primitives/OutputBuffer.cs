using System.Buffers;

namespace Broker.Core.Primitives;

/// <summary>
/// A growable byte buffer over pooled memory: what a connection drains into and a transport sends from.
/// </summary>
/// <remarks>Threading: one user at a time. Owner: whoever created it returns its memory with <see cref="Dispose"/>.</remarks>
public sealed class OutputBuffer : IBufferWriter<byte>, IDisposable
{
    /// <summary>A drain stops adding packets once this many bytes wait: enough to make one system call worth it.</summary>
    public const int TargetBytes = 65_536;

    /// <summary>
    /// The same for a client that is sent changes: what was written and cannot be sent is out of reach of the values that would replace it.
    /// </summary>
    public const int ShortTargetBytes = 16_384;

    private byte[] _bytes;
    private int _start;
    private int _end;

    /// <summary>Creates a buffer; with capacity 0 it holds no memory until something is written.</summary>
    /// <param name="capacity">Bytes to begin with.</param>
    public OutputBuffer(int capacity = 0) => _bytes = capacity == 0 ? [] : ArrayPool<byte>.Shared.Rent(capacity);

    /// <summary>The bytes written and not yet consumed.</summary>
    public ReadOnlySpan<byte> WrittenSpan => _bytes.AsSpan(_start, _end - _start);

    /// <summary>The bytes written and not yet consumed; valid until the next write.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(_start, _end - _start);

    /// <summary>How many bytes are written and not yet consumed.</summary>
    public int WrittenCount => _end - _start;

    /// <summary>Bytes of memory held.</summary>
    public int Capacity => _bytes.Length;

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - _end);
        _end += count;
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        if (_bytes.Length - _end < Math.Max(1, sizeHint)) Grow(Math.Max(1, sizeHint));
        return _bytes.AsSpan(_end);
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_bytes.Length - _end < Math.Max(1, sizeHint)) Grow(Math.Max(1, sizeHint));
        return _bytes.AsMemory(_end);
    }

    /// <summary>Appends a copy of <paramref name="bytes"/>.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        _end += bytes.Length;
    }

    /// <summary>Forgets the first <paramref name="count"/> bytes: they were sent.</summary>
    public void Consume(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, WrittenCount);
        _start += count;
        if (_start == _end) _start = _end = 0;
    }

    /// <summary>Forgets everything written; keeps the memory unless it grew beyond <paramref name="keepBytes"/>.</summary>
    public void Clear(int keepBytes = 4 * TargetBytes)
    {
        _start = _end = 0;
        if (_bytes.Length > keepBytes) Dispose();
    }

    /// <summary>Gives the memory back; the buffer is empty and may be used again.</summary>
    public void Dispose()
    {
        byte[] bytes = _bytes;
        _bytes = [];
        _start = _end = 0;
        if (bytes.Length > 0) ArrayPool<byte>.Shared.Return(bytes);
    }

    private void Grow(int needed)
    {
        int written = WrittenCount;
        if (_start > 0 && _bytes.Length - written >= needed && written <= _bytes.Length / 2)
        {
            _bytes.AsSpan(_start, written).CopyTo(_bytes);
        }
        else
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(checked(Math.Max(written + needed, Math.Min(2 * _bytes.Length, Array.MaxLength))));
            _bytes.AsSpan(_start, written).CopyTo(larger);
            if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        _start = 0;
        _end = written;
    }
}

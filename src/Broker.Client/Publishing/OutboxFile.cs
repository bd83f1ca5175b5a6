using System.Buffers.Binary;
using System.Numerics;

namespace Broker.Client.Publishing;

/// <summary>
/// The outbound queue on disk: a header, then records that are only appended. A record is
/// <c>length u32, CRC-32C u32, kind u8, sequence i64, rest</c>, little-endian; length and checksum are those of what follows them.
/// </summary>
/// <remarks>
/// What was written is with the operating system: it survives the process, not the loss of power. A record that is torn at the end is cut off.
/// Threading: the <see cref="Outbox"/>'s lock. The file is locked against other processes.
/// </remarks>
internal sealed class OutboxFile : IDisposable
{
    private const int HeadBytes = 8;
    private const int KindBytes = 1 + sizeof(long);
    private const long CompactFromBytes = 1024 * 1024;
    private const int LargestRecordBytes = 512 * 1024 * 1024;

    private static readonly byte[] _magic = "BrkOut1\n"u8.ToArray();

    private readonly string _path;
    private readonly OutboxRecordBuffer _record = new();
    private readonly Dictionary<long, (byte[] Record, bool Received)> _live = [];
    private FileStream _stream;
    private long _liveBytes;
    private bool _isFaulty;

    private OutboxFile(string path, FileStream stream)
    {
        _path = path;
        _stream = stream;
    }

    private enum Kind : byte
    {
        Add = 1,
        Received = 2,
        Done = 3,
    }

    /// <summary>Opens or makes the file.</summary>
    /// <exception cref="BrokerClientException">It is in use, cannot be opened, or is something else.</exception>
    public static OutboxFile Open(string path)
    {
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
            var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            try
            {
                var head = new byte[_magic.Length];
                if (stream.Length == 0) stream.Write(_magic);
                else if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || !head.AsSpan().SequenceEqual(_magic))
                {
                    throw new BrokerClientException(BrokerClientError.Storage, $"{path} is not the file of an outbound queue: choose another path or remove it");
                }

                return new OutboxFile(path, stream);
            }
            catch
            {
                stream.Dispose();
                throw;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BrokerClientException(BrokerClientError.Storage, $"The outbound queue's file {path} cannot be used: {exception.Message}", innerException: exception);
        }
    }

    /// <summary>What an earlier process left, in order.</summary>
    public IReadOnlyList<OutboxEntry> Load()
    {
        _stream.Position = _magic.Length;
        long good = _stream.Position;
        while (ReadRecord() is { } record)
        {
            good = _stream.Position;
            long sequence = BinaryPrimitives.ReadInt64LittleEndian(record.AsSpan(HeadBytes + 1));
            switch ((Kind)record[HeadBytes])
            {
                case Kind.Add:
                    Keep(sequence, record);
                    break;
                case Kind.Received when _live.TryGetValue(sequence, out (byte[] Record, bool Received) live):
                    _live[sequence] = (live.Record, true);
                    break;
                case Kind.Done:
                    Forget(sequence);
                    break;
            }
        }

        _stream.SetLength(good); // a torn record was never acknowledged to anybody
        _stream.Position = good;
        return [.. _live.OrderBy(pair => pair.Key).Select(pair => Entry(pair.Key, pair.Value.Record, pair.Value.Received))];
    }

    /// <summary>Keeps a message.</summary>
    /// <exception cref="BrokerClientException">It cannot be written.</exception>
    public void Add(OutboxEntry entry)
    {
        if (_isFaulty) throw new BrokerClientException(BrokerClientError.Storage, $"The outbound queue's file {_path} could not be written earlier; restart with a file that can");
        _record.Begin((byte)Kind.Add, entry.Sequence);
        OutboxRecord.Write(_record, entry);
        byte[] bytes = Sealed().ToArray();
        Write(bytes, mayThrow: true);
        Keep(entry.Sequence, bytes);
    }

    /// <summary>QoS 2: the broker has it.</summary>
    public void Received(long sequence)
    {
        if (_live.TryGetValue(sequence, out (byte[] Record, bool Received) live)) _live[sequence] = (live.Record, true);
        Append(Kind.Received, sequence);
    }

    /// <summary>It is over.</summary>
    public void Done(long sequence)
    {
        Forget(sequence);
        Append(Kind.Done, sequence);
        if (!_isFaulty && _stream.Length > CompactFromBytes && _stream.Length > 2 * _liveBytes) Compact();
    }

    public void Dispose() => _stream.Dispose();

    private static OutboxEntry Entry(long sequence, byte[] record, bool received)
    {
        OutboxEntry entry = OutboxRecord.Read(record.AsMemory(HeadBytes + KindBytes), sequence);
        if (received) entry.State = OutboxEntryState.Received;
        return entry;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
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

    private byte[]? ReadRecord()
    {
        var head = new byte[HeadBytes];
        if (_stream.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false) < HeadBytes) return null;
        int length = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (length < KindBytes || length > LargestRecordBytes || length > _stream.Length - _stream.Position) return null;
        var record = new byte[HeadBytes + length];
        head.CopyTo(record, 0);
        _stream.ReadExactly(record.AsSpan(HeadBytes));
        return Checksum(record.AsSpan(HeadBytes)) == BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(sizeof(int))) ? record : null;
    }

    private void Append(Kind kind, long sequence)
    {
        _record.Begin((byte)kind, sequence);
        Write(Sealed(), mayThrow: false);
    }

    private ReadOnlySpan<byte> Sealed()
    {
        Span<byte> record = _record.Written;
        BinaryPrimitives.WriteInt32LittleEndian(record, record.Length - HeadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(record[sizeof(int)..], Checksum(record[HeadBytes..]));
        return record;
    }

    // A message that cannot be kept is refused. One that cannot be marked as done is sent again by the next process, which QoS 1 allows;
    // no further message is taken then.
    private void Write(ReadOnlySpan<byte> record, bool mayThrow)
    {
        if (_isFaulty) return;
        long start = _stream.Position;
        try
        {
            _stream.Write(record);
        }
        catch (IOException exception)
        {
            _isFaulty = !TryCut(start);
            if (mayThrow) throw new BrokerClientException(BrokerClientError.Storage, $"The outbound queue's file {_path} cannot be written: {exception.Message}", innerException: exception);
            _isFaulty = true;
        }
    }

    private bool TryCut(long length)
    {
        try
        {
            _stream.SetLength(length);
            _stream.Position = length;
            return true;
        }
        catch (IOException)
        {
            return false; // the caller takes no more messages
        }
    }

    private void Keep(long sequence, byte[] record)
    {
        _live[sequence] = (record, false);
        _liveBytes += record.Length;
    }

    private void Forget(long sequence)
    {
        if (_live.Remove(sequence, out (byte[] Record, bool Received) live)) _liveBytes -= live.Record.Length;
    }

    private void Compact()
    {
        string fresh = _path + ".new";
        var stream = new FileStream(fresh, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 64 * 1024);
        stream.Write(_magic);
        foreach ((long sequence, (byte[] record, bool received)) in _live.OrderBy(pair => pair.Key))
        {
            stream.Write(record);
            if (!received) continue;
            _record.Begin((byte)Kind.Received, sequence);
            stream.Write(Sealed());
        }

        stream.Dispose();
        File.Move(fresh, _path, overwrite: true);
        _stream.Dispose();
        _stream = new FileStream(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        _stream.Seek(0, SeekOrigin.End);
    }
}

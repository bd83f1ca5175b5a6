using System.Buffers.Binary;

namespace Broker.Client.Publishing;

/// <summary>Reads the outbound queue's file from its beginning, and tells a tail that was torn from damage.</summary>
internal sealed class OutboxReader
{
    /// <summary>The largest record; MQTT's largest packet is half of it.</summary>
    public const int LargestRecordBytes = 512 * 1024 * 1024;

    private static readonly byte[] _magic = "BrkOut1\n"u8.ToArray();

    private readonly FileStream _stream;
    private readonly long _length;
    private long _next = _magic.Length;
    private bool _isNonsense;

    public OutboxReader(FileStream stream)
    {
        _stream = stream;
        _length = stream.Length;
        End = _next;
    }

    /// <summary>Where the record that was read last begins.</summary>
    public long RecordStart { get; private set; }

    /// <summary>Where the last sound record ends.</summary>
    public long End { get; private set; }

    /// <summary>Places that hold something else than was written: the disk's fault, or somebody's. A torn tail is none.</summary>
    public int Damaged { get; private set; }

    /// <summary>Begins a file.</summary>
    public static void WriteHeader(Stream stream) => stream.Write(_magic);

    /// <summary>Begins an empty file, or looks whether it is one of these.</summary>
    /// <exception cref="BrokerClientException">It is something else.</exception>
    public static void CheckHeader(FileStream stream, string path)
    {
        var head = new byte[_magic.Length];
        int read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        if (read < head.Length && _magic.AsSpan().StartsWith(head.AsSpan(0, read)))
        {
            stream.Position = 0; // new, or whoever made it was stopped while doing so
            WriteHeader(stream);
        }
        else if (!head.AsSpan().SequenceEqual(_magic))
        {
            throw new BrokerClientException(BrokerClientError.Storage, $"{path} is not the file of an outbound queue: choose another path or remove it");
        }
    }

    /// <summary>The next sound record; null at the end. A damaged one is left out where it is clear where the next begins.</summary>
    public byte[]? Next()
    {
        int damaged = 0;
        while (true)
        {
            if (ReadLength() is not { } length)
            {
                if (_isNonsense || HoldsRecord()) Damaged += damaged + 1; // nobody knows where the next begins
                return null;
            }

            RecordStart = _next;
            _stream.Position = _next;
            var record = new byte[OutboxRecordBuffer.HeadBytes + length];
            _stream.ReadExactly(record);
            _next += record.Length;
            uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(sizeof(int)));
            if (OutboxRecordBuffer.Checksum(record.AsSpan(OutboxRecordBuffer.HeadBytes)) != checksum)
            {
                damaged++;
                continue;
            }

            Damaged += damaged; // with a sound one behind it, it was no torn tail
            End = _next;
            return record;
        }
    }

    // A torn record is the last of the file. Where there is a sound one in what is left, it is a length that is wrong. It is not taken for a message: it
    // might be part of one's payload.
    private bool HoldsRecord()
    {
        var rest = new byte[_length - _next];
        _stream.Position = _next;
        _stream.ReadExactly(rest);
        for (int at = 1; at <= rest.Length - OutboxRecordBuffer.HeadBytes - OutboxRecordBuffer.KindBytes; at++)
        {
            ReadOnlySpan<byte> candidate = rest.AsSpan(at);
            int length = BinaryPrimitives.ReadInt32LittleEndian(candidate);
            if (length < OutboxRecordBuffer.KindBytes || length > candidate.Length - OutboxRecordBuffer.HeadBytes) continue;
            if (OutboxRecordBuffer.Checksum(candidate.Slice(OutboxRecordBuffer.HeadBytes, length)) == BinaryPrimitives.ReadUInt32LittleEndian(candidate[sizeof(int)..])) return true;
        }

        return false;
    }

    private int? ReadLength()
    {
        Span<byte> head = stackalloc byte[OutboxRecordBuffer.HeadBytes];
        if (_length - _next < head.Length) return null;
        _stream.Position = _next;
        _stream.ReadExactly(head);
        int length = BinaryPrimitives.ReadInt32LittleEndian(head);
        _isNonsense = length is < OutboxRecordBuffer.KindBytes or > LargestRecordBytes; // no stopped write leaves that
        return !_isNonsense && length <= _length - _next - head.Length ? length : null;
    }
}

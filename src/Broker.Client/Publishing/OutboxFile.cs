using System.Buffers.Binary;
using Broker.Client.Telemetry;
using Microsoft.Extensions.Logging;

namespace Broker.Client.Publishing;

/// <summary>
/// The outbound queue on disk: a header, then records that are only appended (<see cref="OutboxRecordBuffer"/>). Once more than half of it is history, what
/// is left is written anew beside it and takes its place.
/// </summary>
/// <remarks>
/// What was written is with the operating system: it survives the process, not the loss of power. The disk may fail at any call: a message that cannot be
/// kept is refused; a mark that cannot be kept stays in memory, and no message is taken until the file has been written anew with it.
/// Threading: the <see cref="Outbox"/>'s lock. Other processes are kept out by a second file, <c>.lock</c>, because this one is replaced.
/// </remarks>
internal sealed class OutboxFile : IDisposable
{
    private const long RewriteFromBytes = 1024 * 1024;
    private const int CopyBytes = 64 * 1024;

    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly IOutboxDisk _disk;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly FileStream _lock;
    private readonly OutboxRecordBuffer _record = new();
    private readonly LiveRecords _live = new();
    private FileStream _stream;
    private long _end;
    private long _rewriteFrom = RewriteFromBytes;
    private bool _isBehind;
    private long _triedAt;

    private OutboxFile(string path, IOutboxDisk disk, TimeProvider time, ILogger log, FileStream @lock, FileStream stream)
    {
        _path = path;
        _disk = disk;
        _time = time;
        _log = log;
        _lock = @lock;
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
    public static OutboxFile Open(string path, IOutboxDisk disk, TimeProvider time, ILogger log)
    {
        FileStream? @lock = null;
        FileStream? stream = null;
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
            @lock = disk.Open(path + ".lock", FileMode.OpenOrCreate);
            stream = disk.Open(path, FileMode.OpenOrCreate);
            OutboxReader.CheckHeader(stream, path);
            return new OutboxFile(path, disk, time, log, @lock, stream);
        }
        catch (Exception exception)
        {
            stream?.Dispose();
            @lock?.Dispose();
            if (!IsDiskFault(exception)) throw;
            throw new BrokerClientException(BrokerClientError.Storage, $"The outbound queue's file {path} cannot be used: {exception.Message}", innerException: exception);
        }
    }

    /// <summary>What an earlier process left, in order.</summary>
    /// <exception cref="BrokerClientException">It cannot be read, or is damaged and cannot be put aside. The file is closed then.</exception>
    public IReadOnlyList<OutboxEntry> Load()
    {
        try
        {
            var reader = new OutboxReader(_stream);
            var entries = new Dictionary<long, OutboxEntry>();
            while (reader.Next() is { } record) Replay(record, reader.RecordStart, entries);
            _end = reader.End;
            if (reader.Damaged > 0) PutAside(reader);
            _stream.SetLength(_end); // a record that was torn at the end was never confirmed to anybody
            if (reader.Damaged > 0 && Rewrite() is { } fault) throw fault;
            return [.. entries.Values.OrderBy(entry => entry.Sequence)];
        }
        catch (Exception exception) when (IsDiskFault(exception))
        {
            _stream.Dispose();
            _lock.Dispose();
            throw new BrokerClientException(BrokerClientError.Storage, $"The outbound queue's file {_path} cannot be read: {exception.Message}", innerException: exception);
        }
    }

    /// <summary>Keeps a message.</summary>
    /// <exception cref="BrokerClientException">It cannot be written.</exception>
    public void Add(OutboxEntry entry)
    {
        if (_isBehind && !TryCatchUp()) throw new BrokerClientException(BrokerClientError.Storage, $"The outbound queue's file {_path} cannot be written; no message is taken until it can", isTransient: true);
        _record.Begin((byte)Kind.Add, entry.Sequence);
        OutboxRecord.Write(_record, entry);
        ReadOnlySpan<byte> record = _record.Seal();
        if (record.Length > OutboxReader.LargestRecordBytes) throw new BrokerClientException(BrokerClientError.TooLarge, $"The message to {entry.Message.Topic} is too large for the outbound queue's file");
        long start = _end;
        if (Append(record) is { } fault)
        {
            throw new BrokerClientException(BrokerClientError.Storage, $"The outbound queue's file {_path} cannot be written: {fault.Message}", isTransient: true, innerException: fault);
        }

        _live.Keep(entry.Sequence, start, record.Length);
    }

    /// <summary>QoS 2: the broker has it.</summary>
    public void Received(long sequence)
    {
        if (_live.Receive(sequence)) Mark(Kind.Received, sequence);
    }

    /// <summary>It is over.</summary>
    public void Done(long sequence)
    {
        _live.Forget(sequence);
        Mark(Kind.Done, sequence);
        if (_isBehind || _end <= _rewriteFrom || _end <= 2 * _live.Bytes || Rewrite() is not { } fault) return;
        _rewriteFrom = 2 * _end; // not again with the next message
        if (!_isBehind) _log.OutboxNotShortened(_path, fault);
    }

    public void Dispose()
    {
        if (!_lock.CanRead) return; // closed before
        if (_isBehind) Rewrite(); // the last chance; what fails was told before
        _stream.Dispose();
        _lock.Dispose();
    }

    private static bool IsDiskFault(Exception exception) => exception is IOException or UnauthorizedAccessException;

    private void Replay(byte[] record, long start, Dictionary<long, OutboxEntry> entries)
    {
        ReadOnlyMemory<byte> rest = record.AsMemory(OutboxRecordBuffer.HeadBytes);
        long sequence = BinaryPrimitives.ReadInt64LittleEndian(rest.Span[1..]);
        switch ((Kind)rest.Span[0])
        {
            case Kind.Add:
                entries[sequence] = OutboxRecord.Read(rest[OutboxRecordBuffer.KindBytes..], sequence);
                _live.Keep(sequence, start, record.Length);
                break;
            case Kind.Received when entries.TryGetValue(sequence, out OutboxEntry? entry):
                entry.State = OutboxEntryState.Received;
                _live.Receive(sequence);
                break;
            case Kind.Done:
                entries.Remove(sequence);
                _live.Forget(sequence);
                break;
        }
    }

    private void PutAside(OutboxReader reader)
    {
        string aside = _path + ".damaged";
        using FileStream copy = _disk.Open(aside, FileMode.Create);
        _stream.Position = 0;
        _stream.CopyTo(copy, CopyBytes);
        copy.Flush(flushToDisk: true);
        _log.OutboxDamaged(_path, reader.Damaged, aside);
    }

    private void Mark(Kind kind, long sequence)
    {
        if (_isBehind)
        {
            TryCatchUp(); // memory has the mark already
            return;
        }

        _record.Begin((byte)kind, sequence);
        if (Append(_record.Seal()) is { } fault) FallBehind(fault);
    }

    /// <summary>Appends a record, or leaves the file as it was.</summary>
    private Exception? Append(ReadOnlySpan<byte> record)
    {
        try
        {
            _stream.Position = _end;
            _stream.Write(record);
            _end += record.Length;
            return null;
        }
        catch (Exception exception) when (IsDiskFault(exception))
        {
            try
            {
                _stream.SetLength(_end);
            }
            catch (Exception second) when (IsDiskFault(second))
            {
                FallBehind(second); // half a record may be in it, behind which nothing would be read
            }

            return exception;
        }
    }

    private void FallBehind(Exception fault)
    {
        if (_isBehind) return;
        _isBehind = true;
        _triedAt = _time.GetTimestamp();
        _log.OutboxNotWritten(_path, fault);
    }

    private bool TryCatchUp()
    {
        if (_time.GetElapsedTime(_triedAt) < _pause) return false;
        _triedAt = _time.GetTimestamp();
        if (Rewrite() is not null) return false;
        _log.OutboxWrittenAgain(_path);
        return true;
    }

    /// <summary>Writes what is left beside the file and puts it in its place; the old one stays until the new one is on the disk.</summary>
    /// <returns>What failed: then it is the old one still, unless it cannot even be opened again.</returns>
    private Exception? Rewrite()
    {
        string fresh = _path + ".new";
        try
        {
            if (!_stream.CanRead) _stream = _disk.Open(_path, FileMode.Open);
            IReadOnlyList<(long Sequence, long Start)> starts;
            long end;
            using (FileStream target = _disk.Open(fresh, FileMode.Create))
            {
                starts = _live.Copy(_stream, target, WriteReceived);
                end = target.Length;
            }

            _stream.Dispose(); // some systems replace no open file; the lock keeps others out meanwhile
            _disk.Replace(fresh, _path);
            _live.MoveTo(starts);
            _end = end;
            _stream = _disk.Open(_path, FileMode.Open);
            _rewriteFrom = RewriteFromBytes;
            _isBehind = false;
            return null;
        }
        catch (Exception exception) when (IsDiskFault(exception))
        {
            Restore(fresh);
            return exception;
        }
    }

    private void WriteReceived(Stream target, long sequence)
    {
        _record.Begin((byte)Kind.Received, sequence);
        target.Write(_record.Seal());
    }

    private void Restore(string fresh)
    {
        try
        {
            if (!_stream.CanRead) _stream = _disk.Open(_path, FileMode.Open);
            _disk.Delete(fresh); // a full disk needs the room
        }
        catch (Exception exception) when (IsDiskFault(exception))
        {
            if (!_stream.CanRead) FallBehind(exception);
        }
    }
}

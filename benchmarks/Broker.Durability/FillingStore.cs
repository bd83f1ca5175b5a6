using Broker.Core.Storage;
using Broker.Storage;

namespace Broker.Durability;

/// <summary>Writes what a broker gives it into a log at once, in large commits, and confirms everything: only to make a store, on one thread.</summary>
internal sealed class FillingStore(SqliteLog log) : IBrokerStore, IDisposable
{
    private const int CommitBytes = 262_144;

    private readonly MemoryStream _records = new();
    private int _depth;

    public bool IsDurable => true;

    public bool IsFull => false;

    public bool IsBehind => false;

    public StoreFigures Figures => default;

    public long Gathering => log.LastCommit + 1;

    public long AppendedBytes { get; private set; }

    public bool HasRoomFor(long bytes) => true;

    public void BeginGroup() => _depth++;

    public long EndGroup()
    {
        if (--_depth == 0 && _records.Length > CommitBytes) Write();
        return 0;
    }

    public long Append(ReadOnlySpan<byte> records, AckLevel level)
    {
        _records.Write(records);
        AppendedBytes += records.Length;
        return 0;
    }

    public bool IsCommitted(long commit) => true;

    public void WhenCommitted(long commit, ICommitWaiter waiter) => waiter.Committed();

    public void Read(Action<long, ReadOnlyMemory<byte>> commit)
    {
        // It begins empty.
    }

    public void Trim(long commit)
    {
        // Nothing of it is written twice.
    }

    public void Dispose()
    {
        if (_records.Length > 0) Write();
        _records.Dispose();
        log.Dispose();
    }

    private void Write()
    {
        log.Write(log.LastCommit + 1, _records.GetBuffer().AsSpan(0, (int)_records.Length), sync: false);
        _records.SetLength(0);
    }
}

using Broker.Core.Storage;

namespace Broker.Testing;

/// <summary>A store that has these records of an earlier run, and keeps nothing.</summary>
public sealed class GivenStore(byte[] records) : IBrokerStore
{
    public bool IsDurable => true;

    public bool IsFull => false;

    public bool IsBehind => false;

    public StoreFigures Figures => default;

    public bool HasRoomFor(long bytes) => true;

    public long Gathering => 0;

    public long AppendedBytes => 0;

    public void BeginGroup()
    {
        // Nothing is kept, so nothing has to be kept together.
    }

    public long EndGroup() => 0;

    public long Append(ReadOnlySpan<byte> records, AckLevel level) => 0;

    public bool IsCommitted(long commit) => true;

    public void WhenCommitted(long commit, ICommitWaiter waiter) => waiter.Committed();

    public void Read(Action<long, ReadOnlyMemory<byte>> commit) => commit(1, records);

    public void Trim(long commit)
    {
        // Nothing is kept, so nothing is deleted.
    }
}

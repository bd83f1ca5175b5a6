namespace Broker.Core.Storage;

/// <summary>Keeps nothing beyond the process, so there is nothing to wait for.</summary>
public sealed class MemoryStore : IBrokerStore
{
    /// <inheritdoc/>
    public bool IsDurable => false;

    /// <inheritdoc/>
    public bool IsFull => false;

    /// <inheritdoc/>
    public bool HasRoomFor(long bytes) => true;

    /// <inheritdoc/>
    public StoreFigures Figures => default;

    /// <inheritdoc/>
    public bool IsBehind => false;

    /// <inheritdoc/>
    public long Gathering => 0;

    /// <inheritdoc/>
    public long AppendedBytes => 0;

    /// <inheritdoc/>
    public void BeginGroup()
    {
        // Nothing is kept, so nothing has to be kept together.
    }

    /// <inheritdoc/>
    public long EndGroup() => 0;

    /// <inheritdoc/>
    public long Append(ReadOnlySpan<byte> records, AckLevel level) => 0;

    /// <inheritdoc/>
    public bool IsCommitted(long commit) => true;

    /// <inheritdoc/>
    public void WhenCommitted(long commit, ICommitWaiter waiter) => waiter.Committed();

    /// <inheritdoc/>
    public void Read(Action<long, ReadOnlyMemory<byte>> commit)
    {
        // There is no earlier run.
    }

    /// <inheritdoc/>
    public void Trim(long commit)
    {
        // Nothing is kept, so nothing is deleted.
    }
}

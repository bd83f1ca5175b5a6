using Broker.Core.Messages;

namespace Broker.Core.Storage;

/// <summary>Keeps nothing beyond the process, so there is nothing to wait for.</summary>
public sealed class MemoryStore : IBrokerStore
{
    /// <inheritdoc/>
    public long Append(Message message) => 0;

    /// <inheritdoc/>
    public bool IsCommitted(long commit) => true;

    /// <inheritdoc/>
    public void WhenCommitted(long commit, ICommitWaiter waiter) => waiter.Committed();
}

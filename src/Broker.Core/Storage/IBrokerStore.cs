using Broker.Core.Messages;

namespace Broker.Core.Storage;

/// <summary>
/// Where an accepted publication is made safe before its PUBACK or PUBREC leaves. A plug point: without a store, accepted
/// means queued in memory.
/// </summary>
public interface IBrokerStore
{
    /// <summary>
    /// Writes down what of this message must outlive the process. Called on the publisher's thread after the message was
    /// queued for everybody; must not block.
    /// </summary>
    /// <param name="message">The message; the store takes its own reference if it needs it beyond the call.</param>
    /// <returns>The commit that it will be part of, rising with time; 0 if there is nothing to wait for.</returns>
    long Append(Message message);

    /// <summary>Whether a commit, and with it every earlier one, is complete.</summary>
    /// <param name="commit">What <see cref="Append"/> returned.</param>
    bool IsCommitted(long commit);

    /// <summary>
    /// Calls <see cref="ICommitWaiter.Committed"/> once the commit is complete: on any thread, with no lock held, at once if it
    /// is complete already.
    /// </summary>
    void WhenCommitted(long commit, ICommitWaiter waiter);
}

/// <summary>Somebody who waits for a commit.</summary>
public interface ICommitWaiter
{
    /// <summary>A commit that was waited for is complete.</summary>
    void Committed();
}

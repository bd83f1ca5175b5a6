using Broker.Core.Messages;

namespace Broker.Core.Sessions;

/// <summary>What a session knows of the connection that it is attached to.</summary>
internal interface ISessionConnection
{
    /// <summary>How a PUBLISH is written for this client. Used by whoever drains the session, under the session's gate.</summary>
    PublishWriter PublishWriter { get; }

    /// <summary>Notes that something waits; the first time since the last drain it adds itself to the batch, which wakes it.</summary>
    void MarkWaiting(WakeBatch batch);

    /// <summary>
    /// Whether it was woken earlier, for another batch, and has not drained since: its client does not take what is there.
    /// </summary>
    bool IsHeldUp(WakeBatch batch);

    /// <summary>Marks itself as waiting, and wakes itself, once a commit of the store is complete. The session's gate must not be held.</summary>
    void WakeAfter(long commit);

    /// <summary>Asks the transport to drain. No lock may be held.</summary>
    void Wake();
}

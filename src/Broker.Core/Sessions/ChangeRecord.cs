using Broker.Core.ChangeDetection;
using Broker.Core.Protocol;

namespace Broker.Core.Sessions;

/// <summary>What one subscriber was sent last on one topic, and what waits for it there.</summary>
/// <remarks>Owner: its ledger; under the lock of the ledger's owner.</remarks>
internal sealed class ChangeRecord
{
    /// <summary>Whose it is.</summary>
    public ChangeLedger Ledger = null!; // set as long as it is in use

    /// <summary>The topic.</summary>
    public TopicState Topic = null!; // set as long as it is in use

    /// <summary>What was sent last; not known if nothing was, or if it may be something else.</summary>
    public SentValue Sent;

    /// <summary>The number that the topic's shared state had with that.</summary>
    public long Number;

    /// <summary>The newest number up to which the subscriber was owed nothing when the record was last looked at; see <see cref="Subscription.SyncedFrom"/>.</summary>
    public long SyncedFrom;

    /// <summary>The QoS that it was published with.</summary>
    public QualityOfService SentQos;

    /// <summary>Whether it was sent on this connection, and not only taken over from those who share.</summary>
    public bool WasSent;

    /// <summary>Whether the subscriber lost a value, or may have lost it: it gets the topic's value with its next connection.</summary>
    public bool IsOwed;

    /// <summary>The values that are in line because the client could take them, oldest first.</summary>
    public WaitingChange? FirstCommitted;

    /// <summary>The newest of them.</summary>
    public WaitingChange? LastCommitted;

    /// <summary>The newest value, where it has to wait and a newer one takes its place.</summary>
    public WaitingChange? Waiting;

    /// <summary>A value is in line, behind those that are.</summary>
    public void Commit(WaitingChange change)
    {
        change.IsCommitted = true;
        if (LastCommitted is null) FirstCommitted = change;
        else LastCommitted.NextCommitted = change;
        LastCommitted = change;
    }

    /// <summary>What was sent, and what waits, cannot be compared with what comes: the next value is a change.</summary>
    public void Forget()
    {
        Sent = default;
        for (WaitingChange? change = FirstCommitted; change is not null; change = change.NextCommitted) change.Value = default;
        if (Waiting is not null) Waiting.Value = default;
    }

    /// <summary>Whether something waits.</summary>
    public bool HasValues => FirstCommitted is not null || Waiting is not null;
}

using Broker.Core.ChangeDetection;
using Broker.Core.Time;

namespace Broker.Core.Sessions;

/// <summary>A change-only value that waits: to be written, for its subscriber, or (as a timer) for the end of the minimum interval.</summary>
/// <remarks>Owner: a <see cref="ChangeOutbox"/>, with one reference of the message; changed under the lock of its owner.</remarks>
internal sealed class WaitingChange : WheelTimer
{
    /// <summary>For whom and on which topic.</summary>
    public ChangeRecord Record = null!; // set as long as it waits

    /// <summary>The message, and how it is sent.</summary>
    public Delivery Delivery;

    /// <summary>The value, for the comparison with the next one.</summary>
    public SentValue Value;

    /// <summary>The number that the topic's shared state had with it.</summary>
    public long Number;

    /// <summary>Its place among all that waits for the session, since it is in line.</summary>
    public long Turn;

    /// <summary>Whether it was put in line when the client could take it: then only a client that stopped reading loses it to a newer value.</summary>
    public bool IsCommitted;

    /// <summary>Whether it was scheduled as a timer at some time.</summary>
    public bool WasHeld;

    /// <summary>Of a shared group: the member that is to send it; null for whoever comes.</summary>
    public Subscription? For;

    // Its places: in line, and among the committed values of its record.
    internal WaitingChange? Ahead;
    internal WaitingChange? Behind;
    internal WaitingChange? NextCommitted;
    internal ChangeLane? Lane;

    /// <summary>Whether it is in line; false while its time has not come.</summary>
    public bool IsInLine => Lane is not null;

    /// <summary>The same value at a lower QoS does not take the place of one that will be acknowledged.</summary>
    public bool IsBetterThan(in Delivery newer) =>
        IsInLine && Delivery.Qos > newer.Qos && Delivery.Message.Payload.SequenceEqual(newer.Message.Payload);

    /// <inheritdoc/>
    protected internal override void Expired(long nowMs) => Record.Ledger.Owner.ReleaseHeld(this);
}

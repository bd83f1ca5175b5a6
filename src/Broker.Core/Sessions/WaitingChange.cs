using Broker.Core.ChangeDetection;
using Broker.Core.Messages;
using Broker.Core.Time;

namespace Broker.Core.Sessions;

/// <summary>A change-only value that waits for its subscriber, or for the end of the minimum interval: as a timer it then gets in line.</summary>
/// <remarks>Owner: the session's <see cref="ChangeOutbox"/>; changed under the session's gate.</remarks>
internal sealed class WaitingChange(Session session, Subscription subscription, TopicState topic, Delivery delivery, Message? sent) : WheelTimer
{
    /// <summary>The subscription.</summary>
    public Subscription Subscription { get; } = subscription;

    /// <summary>The topic.</summary>
    public TopicState Topic { get; } = topic;

    /// <summary>The newest value.</summary>
    public Delivery Delivery { get; set; } = delivery;

    /// <summary>What was sent before it began to wait, where that is what the next value is compared with; null if it is not known.</summary>
    public Message? Sent { get; } = sent;

    /// <summary>Its place in line; null while its time has not come.</summary>
    public LinkedListNode<WaitingChange>? Node { get; set; }

    /// <inheritdoc/>
    protected internal override void Expired(long nowMs) => session.ReleaseHeld(this);
}

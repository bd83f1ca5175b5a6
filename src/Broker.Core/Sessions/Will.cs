using Broker.Core.Messages;
using Broker.Core.Security;
using Broker.Core.Time;

namespace Broker.Core.Sessions;

/// <summary>The message that is published if its client goes without saying so, perhaps only after a delay.</summary>
/// <remarks>
/// Owner: its session. It is fired or discarded exactly once, by whoever wins <see cref="TryTake"/>; the winner has the
/// reference of the message.
/// </remarks>
internal sealed class Will(
    Message message, uint? messageExpiryInterval, PublisherIdentity owner, AccessSubject subject, TimeSpan delay, Action<Will> due) : WheelTimer
{
    private int _taken;

    /// <summary>The number of the kept session that it is written down with; 0 if it is not.</summary>
    public long KeptBy { get; set; }

    /// <summary>What is published. Valid for the winner of <see cref="TryTake"/> only.</summary>
    public Message Message { get; } = message;

    /// <summary>Seconds that the message lives once it is published; null if it does not expire.</summary>
    public uint? MessageExpiryInterval { get; } = messageExpiryInterval;

    /// <summary>Who left it.</summary>
    public PublisherIdentity Owner { get; } = owner;

    /// <summary>Whose right is asked for when it is published: the connection that left it.</summary>
    public AccessSubject Subject { get; } = subject;

    /// <summary>How long after the end of the connection it waits.</summary>
    public TimeSpan Delay { get; } = delay;

    /// <summary>True for the one caller that decides what becomes of it.</summary>
    public bool TryTake() => Interlocked.Exchange(ref _taken, 1) == 0;

    /// <inheritdoc/>
    protected internal override void Expired(long nowMs) => due(this);
}

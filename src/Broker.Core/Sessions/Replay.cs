namespace Broker.Core.Sessions;

/// <summary>Messages that a new subscription is owed, sent as the client takes them: they never count against its queue.</summary>
/// <remarks>Threading: none of its own; under the session's gate. Owner: its session; each message that it holds is a reference.</remarks>
internal abstract class Replay(Subscription subscription) : IDisposable
{
    /// <summary>Whose messages these are.</summary>
    public Subscription Subscription { get; } = subscription;

    /// <summary>Its place among the messages that wait for the session: it is sent after those with lower numbers.</summary>
    public long Turn { get; set; }

    /// <summary>Whether nothing is left.</summary>
    public abstract bool IsFinished { get; }

    /// <summary>
    /// Takes the next message. False if nothing is left, or if it needs a place in the window and there is none.
    /// </summary>
    /// <param name="windowOpen">Whether QoS 1 and 2 may be sent.</param>
    /// <param name="now">Milliseconds of the broker's clock.</param>
    /// <param name="step">The message, with its reference.</param>
    public abstract bool TryTake(bool windowOpen, long now, out ReplayStep step);

    /// <summary>Releases what is left.</summary>
    public abstract void Dispose();
}

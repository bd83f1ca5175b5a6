namespace Broker.Core.Storage;

/// <summary>
/// What a record says. The numbers are the format: they never change their meaning, and a kind that is no longer written is
/// still read. Layouts are beside the code that writes them, in <see cref="Journal"/> and <see cref="SessionJournal"/>.
/// </summary>
internal enum RecordKind : byte
{
    /// <summary>A session is there, with these properties.</summary>
    Session = 1,

    /// <summary>A session is over, and everything in it.</summary>
    SessionEnded = 2,

    /// <summary>A session's subscription is there, with these options.</summary>
    Subscribed = 3,

    /// <summary>A subscription ended.</summary>
    Unsubscribed = 4,

    /// <summary>The content of a message.</summary>
    Message = 5,

    /// <summary>A message waits for a session.</summary>
    Queued = 6,

    /// <summary>A message no longer waits, or was acknowledged.</summary>
    Removed = 7,

    /// <summary>A message that waits got its packet identifier.</summary>
    Assigned = 8,

    /// <summary>PUBREC came for it.</summary>
    Released = 9,

    /// <summary>A QoS 2 publication of the session's client was accepted under this packet identifier.</summary>
    Received = 10,

    /// <summary>The client released that packet identifier.</summary>
    ReceivedEnded = 11,

    /// <summary>A message is its topic's retained one.</summary>
    Retained = 12,

    /// <summary>A topic has no retained message any more.</summary>
    RetainedRemoved = 13,

    /// <summary>A message is the value that its topic's change-only subscribers have.</summary>
    Value = 14,

    /// <summary>The will of a session was published.</summary>
    WillGone = 15,

    /// <summary>What is known of a session is forgotten; all of it follows.</summary>
    SessionReset = 16,

    /// <summary>From here on everything that is still needed is written again.</summary>
    CheckpointBegan = 17,

    /// <summary>Everything was.</summary>
    CheckpointEnded = 18,
}

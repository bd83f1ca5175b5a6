namespace Broker.Core.Sessions;

/// <summary>What became of a message for one session. Every value but the first is a counter of drops.</summary>
internal enum DeliverOutcome
{
    /// <summary>It waits to be sent, or is kept for the session's return.</summary>
    Queued,

    /// <summary>QoS 0 for a session that is not connected: MQTT keeps only QoS 1 and 2.</summary>
    Offline,

    /// <summary>The session's queue was full and the policy gave up the new message.</summary>
    QueueFull,

    /// <summary>The session's queue was full and the policy gave up an older message for the new one.</summary>
    OldestDropped,

    /// <summary>The session ended in the meantime.</summary>
    SessionEnded,

    /// <summary>The message expired before it could be sent.</summary>
    Expired,

    /// <summary>A change-only subscriber was spared it: nothing had changed since what it was sent last.</summary>
    Unchanged,

    /// <summary>It took the place of an older value that waited for a change-only subscriber.</summary>
    Conflated,

    /// <summary>It was what a change-only subscriber had already, so the value that waited in between was withdrawn.</summary>
    Withdrawn,

    /// <summary>It was larger than the client's Maximum Packet Size [MQTT-3.1.2-25].</summary>
    TooLarge,

    /// <summary>The receiver may not read this topic.</summary>
    NotAuthorized,
}

using Broker.Core.Messages;

namespace Broker.Core.Storage;

/// <summary>What is known of one session of an earlier run.</summary>
/// <param name="number">Its number.</param>
/// <param name="identity">Client identifier and principal.</param>
internal sealed class RecoveredSession(long number, PublisherIdentity identity)
{
    public long Number { get; } = number;

    public PublisherIdentity Identity { get; } = identity;

    /// <summary>How long it is kept after a connection.</summary>
    public TimeSpan Expiry { get; set; }

    /// <summary>When its connection ended, in milliseconds since 1970; 0 if it had one when the run ended.</summary>
    public long DetachedAt { get; set; }

    /// <summary>The number of its will's message; 0 if it has none.</summary>
    public long WillMessage { get; set; }

    public TimeSpan WillDelay { get; set; }

    /// <summary>Seconds that the will lives once it is published; -1 if it does not expire.</summary>
    public long WillMessageExpiry { get; set; }

    public Dictionary<string, RecoveredSubscription> Subscriptions { get; } = new(StringComparer.Ordinal);

    /// <summary>Packet identifiers of QoS 2 publications that the client has not released.</summary>
    public HashSet<ushort> Received { get; } = [];

    /// <summary>What waits and what is in flight.</summary>
    public RecoveredEntries Entries { get; } = new();
}

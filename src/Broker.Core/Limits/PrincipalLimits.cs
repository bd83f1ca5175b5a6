using System.ComponentModel.DataAnnotations;

namespace Broker.Core.Limits;

/// <summary>What a principal may have, with all of its clients together. A whole fleet may share one, so nothing is set by default.</summary>
public record PrincipalLimits : ConnectionLimits
{
    /// <summary>Sessions, connected or kept; one more is refused with 0x97. Not set: as many as `Limits:Sessions` leaves.</summary>
    [Range(1, 100_000_000)]
    public int? Sessions { get; init; }

    /// <summary>Subscriptions of all of its sessions; one more is refused with 0x97. Not set: as many as `Limits:SubscriptionsPerSession` gives each session.</summary>
    [Range(1, 1_000_000_000)]
    public int? Subscriptions { get; init; }

    /// <summary>Bytes that wait in the queues of all of its sessions; past it `Limits:Overflow` applies. Not set: as many as `Limits:QueueBytes` gives each session.</summary>
    [Range(1_024, 1_099_511_627_776)]
    public long? QueueBytes { get; init; }
}

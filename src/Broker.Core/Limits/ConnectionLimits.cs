using System.ComponentModel.DataAnnotations;

namespace Broker.Core.Limits;

/// <summary>What an address or an endpoint may have. Behind a proxy everybody has one address, so nothing is set by default.</summary>
public record ConnectionLimits : RateLimits
{
    /// <summary>Connections at the same time; one more is refused with 0x97. Not set: as many as `Limits:Connections` leaves.</summary>
    [Range(1, 10_000_000)]
    public int? Connections { get; init; }
}

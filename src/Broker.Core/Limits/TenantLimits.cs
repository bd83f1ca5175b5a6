using System.ComponentModel.DataAnnotations;

namespace Broker.Core.Limits;

/// <summary>What a tenant may have, with everybody in it. Nothing is set by default: what the broker has is to be shared out by who knows the tenants.</summary>
public sealed record TenantLimits : PrincipalLimits
{
    /// <summary>Retained messages below the tenant's prefix; a publication that would add one more is answered with 0x97.</summary>
    [Range(0, 100_000_000)]
    public int? RetainedMessages { get; init; }

    /// <summary>Bytes of all of those; a publication that would pass it is answered with 0x97.</summary>
    [Range(0, 1_099_511_627_776)]
    public long? RetainedBytes { get; init; }

    /// <summary>The same bounds as others say that have fewer of them.</summary>
    internal static TenantLimits Of(RateLimits limits)
    {
        var connections = limits as ConnectionLimits;
        var principal = limits as PrincipalLimits;
        return limits as TenantLimits ?? new TenantLimits
        {
            ConnectRate = limits.ConnectRate,
            MessageRate = limits.MessageRate,
            ByteRate = limits.ByteRate,
            Connections = connections?.Connections,
            Sessions = principal?.Sessions,
            Subscriptions = principal?.Subscriptions,
            QueueBytes = principal?.QueueBytes,
        };
    }
}

namespace Broker.Core.Limits;

/// <summary>What each client, principal, address, endpoint and tenant may use, and who gets in when the broker is full.</summary>
public sealed record BudgetOptions
{
    /// <summary>What each client identifier may use.</summary>
    public RateLimits PerClient { get; init; } = new();

    /// <summary>What each principal may use, with all of its clients.</summary>
    public PrincipalLimits PerPrincipal { get; init; } = new();

    /// <summary>What each address may use; IPv6 counts by its /64, which is what one customer gets.</summary>
    public ConnectionLimits PerAddress { get; init; } = new();

    /// <summary>What the clients of an endpoint may use, by its name.</summary>
    public IReadOnlyDictionary<string, ConnectionLimits> PerEndpoint { get; init; } = new Dictionary<string, ConnectionLimits>();

    /// <summary>Who gets in when the broker is full.</summary>
    public PrivilegedOptions Privileged { get; init; } = new();

    /// <summary>The tenants.</summary>
    public IReadOnlyList<TenantOptions> Tenants { get; init; } = [];
}

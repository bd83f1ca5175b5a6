namespace Broker.Core.Limits;

/// <summary>
/// Clients that have a part of the broker for themselves: their topics lie below the tenant's name without their knowing it, and what they
/// use together is bounded.
/// </summary>
/// <param name="Name">Its name: one level of a topic, without wildcards, and not beginning with <c>$</c>.</param>
public sealed record TenantOptions(string Name)
{
    /// <summary>Everybody who comes through one of these endpoints is in it.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>These principals are in it, wherever they come from: names, or beginnings of names with <c>*</c> behind them.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];

    /// <summary>What all of them together may use.</summary>
    public TenantLimits Limits { get; init; } = new();
}

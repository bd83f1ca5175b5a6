namespace Broker.Host.Configuration;

/// <summary>Who is in a tenant: <c>Broker:Tenants:&lt;Name&gt;</c>.</summary>
internal sealed record TenantSettings
{
    /// <summary>Everybody who comes through one of these endpoints is in it.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>These principals are in it, wherever they come from: names, or beginnings of names with <c>*</c> behind them.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];
}

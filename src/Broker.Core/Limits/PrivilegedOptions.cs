namespace Broker.Core.Limits;

/// <summary>Who gets in when the broker is full or overloaded: `Limits:ReservedConnections` are kept for them.</summary>
public sealed record PrivilegedOptions
{
    /// <summary>Everybody who comes through one of these endpoints. An endpoint of its own is the stronger way: nobody else can stand in its line.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>These principals: names, or beginnings of names with <c>*</c> behind them. Who they are is known after CONNECT, so the reserve also takes those who still have to say it.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];

    /// <summary>Whether an endpoint is one of them.</summary>
    internal bool HasEndpoint(string endpoint) => Endpoints.Contains(endpoint, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a principal is one of them.</summary>
    internal bool HasUser(string name) => Users.Any(user => NamePattern.Matches(user, name));
}

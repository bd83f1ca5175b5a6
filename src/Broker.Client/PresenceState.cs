using System.Text.Json.Serialization;

namespace Broker.Client;

/// <summary>What this project's broker says about a client under <c>$presence/&lt;client id&gt;</c>.</summary>
/// <param name="State"><c>online</c> or <c>offline</c>.</param>
/// <param name="Since">Since when.</param>
/// <param name="Reason">Why: <c>connected</c>, <c>disconnected</c>, <c>keep-alive</c>, <c>network</c>, <c>taken-over</c>, <c>kicked</c>, <c>protocol</c> or <c>shutdown</c>.</param>
public sealed record PresenceState(string State, DateTimeOffset Since, string Reason)
{
    /// <summary>Whether the client is connected.</summary>
    [JsonIgnore]
    public bool IsOnline => State == "online";
}

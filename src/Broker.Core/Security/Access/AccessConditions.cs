using System.Net;
using Broker.Core.Protocol;

namespace Broker.Core.Security.Access;

/// <summary>
/// When a rule or a role applies. What cannot be known (the address of a connection that has none) does not fulfil the condition of
/// an allowing rule, and does not lift a denying one.
/// </summary>
public sealed record AccessConditions
{
    /// <summary>Always.</summary>
    public static AccessConditions None { get; } = new();

    /// <summary>The lowest QoS that it applies to.</summary>
    public QualityOfService LeastQos { get; init; }

    /// <summary>The highest QoS that it applies to.</summary>
    public QualityOfService MostQos { get; init; } = QualityOfService.ExactlyOnce;

    /// <summary>The RETAIN flag that it applies to; null: both.</summary>
    public bool? Retain { get; init; }

    /// <summary>The names of the endpoints that it applies to; empty: all.</summary>
    public IReadOnlyList<string> Listeners { get; init; } = [];

    /// <summary>The addresses that it applies to; empty: all.</summary>
    public IReadOnlyList<IPNetwork> Addresses { get; init; } = [];

    /// <summary>Whether it applies to encrypted connections, or to others; null: both.</summary>
    public bool? Tls { get; init; }

    /// <summary>Whether they say anything about the connection.</summary>
    internal bool AreAboutConnection => Listeners.Count > 0 || Addresses.Count > 0 || Tls is not null;

    /// <summary>Whether the packet's own flags are among those that it applies to.</summary>
    internal bool Cover(QualityOfService qos, bool retain) => qos >= LeastQos && qos <= MostQos && (Retain is null || Retain == retain);

    /// <summary>Whether the connection is among those that it applies to; null: that cannot be known.</summary>
    internal bool? Cover(Connections.ConnectionInfo? connection)
    {
        if (!AreAboutConnection) return true;
        if (connection is null) return null;
        if (Listeners.Count > 0 && !IsListed(connection.Endpoint)) return false;
        if (Tls is { } tls && tls != connection.IsEncrypted) return false;
        if (Addresses.Count == 0) return true;
        if (connection.Remote is not IPEndPoint { Address: var address }) return null;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        for (int i = 0; i < Addresses.Count; i++) // foreach over the interface would allocate
        {
            if (Addresses[i].Contains(address)) return true;
        }

        return false;
    }

    private bool IsListed(string endpoint)
    {
        for (int i = 0; i < Listeners.Count; i++)
        {
            if (Listeners[i].Equals(endpoint, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }
}

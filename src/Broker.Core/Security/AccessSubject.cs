using Broker.Core.Connections;
using Broker.Core.Limits;

namespace Broker.Core.Security;

/// <summary>Whose rights are asked for: who it is, and where it comes from. One for each connection.</summary>
/// <remarks>Threading: any thread.</remarks>
public sealed class AccessSubject
{
    private object? _memory;

    /// <summary>Names a subject.</summary>
    /// <param name="principal">Who it is.</param>
    /// <param name="clientId">Its client identifier; empty if it is no MQTT client.</param>
    /// <param name="connection">Where it comes from; null if that is not known.</param>
    public AccessSubject(Principal principal, string clientId, ConnectionInfo? connection)
    {
        Principal = principal;
        ClientId = clientId;
        Connection = connection;
    }

    /// <summary>The broker itself. Nobody is asked what it may do.</summary>
    public static AccessSubject Broker { get; } = new(Principal.Broker, "", null);

    /// <summary>Who it is.</summary>
    public Principal Principal { get; }

    /// <summary>Its client identifier; empty if it is no MQTT client.</summary>
    public string ClientId { get; }

    /// <summary>Where it comes from; null if that is not known.</summary>
    public ConnectionInfo? Connection { get; }

    /// <summary>The tenant that it is in, or null. Rights are asked for with full topics, and with the client identifier as the client gave it.</summary>
    public Tenant? Tenant { get; init; }

    /// <summary>For the authorizer alone: what it wants to keep about this subject, so that it need not look it up again.</summary>
    public object? Memory
    {
        get => Volatile.Read(ref _memory);
        set => Volatile.Write(ref _memory, value);
    }

    /// <inheritdoc/>
    public override string ToString() => ClientId.Length == 0 ? Principal.ToString() : $"{Principal} ({ClientId})";
}

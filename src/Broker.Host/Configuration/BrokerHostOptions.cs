using Broker.Core;

namespace Broker.Host.Configuration;

/// <summary>
/// Everything under <c>Broker</c>: the broker's own options, whose keys lie directly there, and what only the host knows.
/// </summary>
internal sealed record BrokerHostOptions
{
    /// <summary>What the broker itself is told: <c>Broker:Limits</c>, <c>Broker:SysInterval</c>.</summary>
    public MqttBrokerOptions Broker { get; init; } = new();

    /// <summary>The endpoints by name: <c>Broker:Endpoints</c>.</summary>
    public IReadOnlyDictionary<string, EndpointOptions> Endpoints { get; init; } = new Dictionary<string, EndpointOptions>();

    /// <summary>What must survive the process: <c>Broker:Storage</c>.</summary>
    public StorageOptions Storage { get; init; } = new();

    /// <summary>Who may connect: <c>Broker:Auth</c>.</summary>
    public AuthOptions Auth { get; init; } = new();

    /// <summary>Who may do what: <c>Broker:Acl</c>.</summary>
    public AclOptions Acl { get; init; } = new();

    /// <summary>The audit log: <c>Broker:Audit</c>.</summary>
    public AuditOptions Audit { get; init; } = new();

    /// <summary>When the configuration is read again: <c>Broker:Reload</c>.</summary>
    public ReloadOptions Reload { get; init; } = new();

    /// <summary>How plain TCP connections are driven: <c>Broker:Tcp</c>.</summary>
    public TcpOptions Tcp { get; init; } = new();
}

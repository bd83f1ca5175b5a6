namespace Broker.Host.Configuration;

/// <summary>Who may do what: <c>Broker:Acl</c>.</summary>
internal sealed record AclOptions
{
    /// <summary>The file of access rules (docs/security.md); empty: everybody may do everything.</summary>
    public string Path { get; init; } = "";
}

namespace Broker.Core.Security;

/// <summary>Who a peer is by its transport alone: a client certificate that was checked already.</summary>
/// <param name="Principal">The identity.</param>
/// <param name="ValidUntil">When the certificate ends.</param>
public sealed record ProvenIdentity(Principal Principal, DateTimeOffset ValidUntil)
{
    /// <summary>For the host alone: what tells the certificate from others, to find its connections when it is revoked; or null.</summary>
    public object? Evidence { get; init; }
}

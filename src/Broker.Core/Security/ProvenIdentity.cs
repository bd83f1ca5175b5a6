namespace Broker.Core.Security;

/// <summary>Who a peer is by its transport alone: a client certificate that was checked already.</summary>
/// <param name="Principal">The identity.</param>
/// <param name="ValidUntil">When the certificate ends.</param>
public sealed record ProvenIdentity(Principal Principal, DateTimeOffset ValidUntil);

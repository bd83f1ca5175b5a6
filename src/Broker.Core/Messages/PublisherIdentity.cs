using Broker.Core.Security;

namespace Broker.Core.Messages;

/// <summary>
/// Who published a message. It outlives the publisher's connection and session, because a message may be delivered, and must
/// then be authorised, long after both are gone.
/// </summary>
/// <param name="ClientId">The publisher's client identifier; empty for the broker itself and for HTTP callers.</param>
/// <param name="Principal">The identity that was authenticated.</param>
public sealed record PublisherIdentity(string ClientId, Principal Principal)
{
    /// <summary>The broker itself: <c>$SYS</c>, <c>$presence</c>.</summary>
    public static PublisherIdentity Broker { get; } = new("", Principal.Broker);
}

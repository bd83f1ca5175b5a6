using Broker.Core.Connections;
using Broker.Core.Protocol;

namespace Broker.Core.Security;

/// <summary>Forgets everything at once.</summary>
public sealed class NoAudit : IAudit
{
    /// <inheritdoc/>
    public void Connected(AccessSubject subject, bool tookOver)
    {
    }

    /// <inheritdoc/>
    public void Refused(ConnectionInfo connection, string? clientId, ReasonCode reasonCode, string? reason)
    {
    }

    /// <inheritdoc/>
    public void Closed(ConnectionInfo connection, string? clientId, ReasonCode reasonCode, string? reason)
    {
    }

    /// <inheritdoc/>
    public void Denied(in AccessRequest request)
    {
    }

    /// <inheritdoc/>
    public void LimitReached(string limit, AccessSubject? subject)
    {
    }
}

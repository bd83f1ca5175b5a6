using Broker.Core.Connections;
using Broker.Core.Protocol;

namespace Broker.Core.Security;

/// <summary>
/// Is told what an operator may have to account for later: who came, who was refused, what was denied, which limits were reached. A plug
/// point of the host.
/// </summary>
/// <remarks>Threading: called from any thread, on the data path, and under locks: it must neither block nor call back.</remarks>
public interface IAudit
{
    /// <summary>A client was let in.</summary>
    /// <param name="subject">Who.</param>
    /// <param name="tookOver">Whether an earlier connection with its client identifier was closed for it.</param>
    void Connected(AccessSubject subject, bool tookOver);

    /// <summary>A client was not let in.</summary>
    /// <param name="connection">Where it came from.</param>
    /// <param name="clientId">The client identifier that it gave; null if it did not come so far.</param>
    /// <param name="reasonCode">Why.</param>
    /// <param name="reason">Why, in words; or null.</param>
    void Refused(ConnectionInfo connection, string? clientId, ReasonCode reasonCode, string? reason);

    /// <summary>The broker ended a connection because of what the client did: a limit, the protocol, a right that it lost.</summary>
    /// <param name="connection">Where it came from.</param>
    /// <param name="clientId">The client identifier; null if it was not let in yet.</param>
    /// <param name="reasonCode">Why.</param>
    /// <param name="reason">Why, in words; or null.</param>
    void Closed(ConnectionInfo connection, string? clientId, ReasonCode reasonCode, string? reason);

    /// <summary>The authorizer said no, or failed.</summary>
    /// <param name="request">What was asked; valid during the call.</param>
    void Denied(in AccessRequest request);

    /// <summary>A limit was reached that does not end a connection.</summary>
    /// <param name="limit">Its key, e.g. <c>Limits:QueueMessages</c>.</param>
    /// <param name="subject">Who reached it; null where nobody did alone.</param>
    void LimitReached(string limit, AccessSubject? subject);
}

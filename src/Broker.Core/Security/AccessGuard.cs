using Broker.Core.Telemetry;
using Broker.Core.Time;
using Microsoft.Extensions.Logging;

namespace Broker.Core.Security;

/// <summary>
/// What stands between the data path and the host's authorizer: the broker itself is not asked about, and an authorizer that fails
/// has denied; what is denied goes to the audit.
/// </summary>
/// <remarks>Threading: any thread.</remarks>
internal sealed class AccessGuard(IAuthorizer authorizer, IAudit audit, BrokerClock clock, ILogger logger) : IAuthorizer
{
    private const long LogIntervalMs = 10_000;

    private long _nextLog;

    /// <inheritdoc/>
    public bool IsAllowed(in AccessRequest request)
    {
        if (ReferenceEquals(request.Subject, AccessSubject.Broker)) return true;
        bool isAllowed = false;
        try
        {
            isAllowed = authorizer.IsAllowed(request);
        }
#pragma warning disable CA1031 // whatever went wrong, nobody said yes
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Log(fault, request);
        }

        if (!isAllowed) audit.Denied(request);
        return isAllowed;
    }

    private void Log(Exception fault, in AccessRequest request)
    {
        long now = clock.Now;
        long next = Volatile.Read(ref _nextLog);
        bool isTurn = now >= next && Interlocked.CompareExchange(ref _nextLog, now + LogIntervalMs, next) == next;
        if (isTurn) logger.AuthorizerFailed(fault, request.Subject, request.Action);
    }
}

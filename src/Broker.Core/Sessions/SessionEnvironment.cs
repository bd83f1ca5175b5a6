using Broker.Core.ChangeDetection;
using Broker.Core.Limits;
using Broker.Core.Security;
using Broker.Core.Storage;
using Broker.Core.Telemetry;
using Broker.Core.Time;
using Microsoft.Extensions.Logging;

namespace Broker.Core.Sessions;

/// <summary>What every session works with.</summary>
internal sealed record SessionEnvironment(
    LimitsInForce LimitsInForce, BrokerClock Clock, TimingWheel Wheel, IAuthorizer Authorizer, LastValues Values, BrokerMetrics Metrics, ILogger Logger, IAudit Audit,
    Journal? Journal = null, Budgets? Budgets = null)
{
    /// <summary>The limits of this moment.</summary>
    public BrokerLimits Limits => LimitsInForce.Current;
}

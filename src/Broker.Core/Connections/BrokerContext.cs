using Broker.Core.ChangeDetection;
using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Publishing;
using Broker.Core.Security;
using Broker.Core.Sessions;
using Broker.Core.Storage;
using Broker.Core.Telemetry;
using Broker.Core.Time;
using Microsoft.Extensions.Logging;

namespace Broker.Core.Connections;

/// <summary>The parts of the broker that every connection works with; made once by <see cref="MqttBroker"/>.</summary>
internal sealed class BrokerContext
{
    public required LimitsInForce LimitsInForce { get; init; }

    /// <summary>The limits of this moment; a connection goes by those that it was told.</summary>
    public BrokerLimits Limits => LimitsInForce.Current;

    public required Budgets Budgets { get; init; }

    public required Overload Overload { get; init; }

    public required BrokerClock Clock { get; init; }

    public required TimingWheel Wheel { get; init; }

    public required BrokerMetrics Metrics { get; init; }

    public required ILogger Logger { get; init; }

    public required IAuthenticator Authenticator { get; init; }

    public required IReadOnlyList<IEnhancedAuthenticator> EnhancedAuthenticators { get; init; }

    public required IAuthorizer Authorizer { get; init; }

    public required IAudit Audit { get; init; }

    public required IBrokerStore Store { get; init; }

    public required Journal? Journal { get; init; }

    public required MessagePool Messages { get; init; }

    public required RetainedMessages Retained { get; init; }

    public required LastValues Values { get; init; }

    public required Subscriptions Subscriptions { get; init; }

    public required MessageRouter Router { get; init; }

    public required Wills Wills { get; init; }

    public required ClientLifecycle Lifecycle { get; init; }

    public required ConnectionRegistry Connections { get; init; }

    public required ClientIdentifiers ClientIdentifiers { get; init; }
}

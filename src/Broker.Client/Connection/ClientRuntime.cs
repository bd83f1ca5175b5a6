using Broker.Client.Telemetry;
using Microsoft.Extensions.Logging;

namespace Broker.Client.Connection;

/// <summary>What comes from outside, and the instruments.</summary>
internal sealed record ClientRuntime(TimeProvider Time, ILogger Log, ClientMetrics Metrics);

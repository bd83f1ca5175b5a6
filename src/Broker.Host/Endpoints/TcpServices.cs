using Broker.Core;
using Broker.Host.Endpoints.Epoll;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Endpoints;

/// <summary>What every TCP connection works with.</summary>
/// <param name="Broker">Who takes the connections.</param>
/// <param name="Lingering">Who ends those that are closed but not yet gone.</param>
/// <param name="Tls">How the encrypted endpoints shake hands.</param>
/// <param name="Logger">Where faults of ours are told.</param>
/// <param name="Loops">The event loops; null where connections use the sockets of .NET.</param>
internal sealed record TcpServices(MqttBroker Broker, LingeringConnections Lingering, TlsEndpoints Tls, ILogger Logger, EpollLoops? Loops);

using System.Collections.Concurrent;
using Broker.Core.Limits;
using Broker.Core.Security;
using Broker.Host.Configuration;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Endpoints;

/// <summary>The handshakes of the encrypted endpoints; all of them share the places for handshakes under way.</summary>
/// <remarks>Threading: any thread.</remarks>
internal sealed class TlsEndpoints
{
    private readonly ConcurrentDictionary<string, TlsHandshake> _handshakes = new(StringComparer.OrdinalIgnoreCase);
    private readonly TimeProvider _time;
    private readonly IAudit _audit;
    private readonly ILogger _logger;

    /// <summary>Prepares the handshakes of all encrypted endpoints.</summary>
    public TlsEndpoints(IEnumerable<ConfiguredEndpoint> endpoints, BrokerLimits limits, TimeProvider time, IAudit audit, ILogger<TlsEndpoints> logger)
    {
        Gate = new HandshakeGate(limits.TlsHandshakes);
        (Patience, _time, _audit, _logger) = (limits.ConnectTimeout, time, audit, logger);
        foreach (ConfiguredEndpoint endpoint in endpoints) Add(endpoint);
    }

    /// <summary>The places for handshakes under way.</summary>
    public HandshakeGate Gate { get; }

    /// <summary>How long a handshake may take.</summary>
    public TimeSpan Patience { get; }

    /// <summary>An endpoint's handshakes; null where it is not encrypted.</summary>
    public TlsHandshake? Of(string endpoint) => _handshakes.GetValueOrDefault(endpoint);

    /// <summary>Prepares the handshakes of an endpoint that is about to open, if it is encrypted.</summary>
    public void Add(ConfiguredEndpoint endpoint)
    {
        if (endpoint.Certificate is not null) _handshakes[endpoint.Name] = new TlsHandshake(endpoint, Gate, Patience, _time, _audit, _logger);
    }

    /// <summary>An endpoint is closed.</summary>
    public void Remove(string endpoint) => _handshakes.TryRemove(endpoint, out _);
}

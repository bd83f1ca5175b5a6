using Broker.Core.Limits;
using Broker.Host.Configuration;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Endpoints;

/// <summary>The handshakes of the encrypted endpoints; all of them share the places for handshakes under way.</summary>
internal sealed class TlsEndpoints
{
    private readonly Dictionary<string, TlsHandshake> _handshakes = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Prepares the handshakes of all encrypted endpoints.</summary>
    public TlsEndpoints(IEnumerable<ConfiguredEndpoint> endpoints, BrokerLimits limits, TimeProvider time, ILogger<TlsEndpoints> logger)
    {
        Gate = new HandshakeGate(limits.TlsHandshakes);
        foreach (ConfiguredEndpoint endpoint in endpoints.Where(endpoint => endpoint.Certificate is not null))
        {
            _handshakes.Add(endpoint.Name, new TlsHandshake(endpoint, Gate, limits.ConnectTimeout, time, logger));
        }
    }

    /// <summary>The places for handshakes under way.</summary>
    public HandshakeGate Gate { get; }

    /// <summary>An endpoint's handshakes; null where it is not encrypted.</summary>
    public TlsHandshake? Of(string endpoint) => _handshakes.GetValueOrDefault(endpoint);
}

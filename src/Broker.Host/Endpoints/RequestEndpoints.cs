using System.Net;
using Broker.Host.Configuration;
using Microsoft.AspNetCore.Http;

namespace Broker.Host.Endpoints;

/// <summary>Which configured endpoint a request came to.</summary>
internal sealed class RequestEndpoints(IReadOnlyList<BoundEndpoint> endpoints)
{
    /// <summary>Looks it up.</summary>
    public ConfiguredEndpoint Of(HttpContext context)
    {
        // Two endpoints never share a port on overlapping addresses, so at most one matches.
        IPAddress? address = context.Connection.LocalIpAddress;
        if (address?.IsIPv4MappedToIPv6 == true) address = address.MapToIPv4();
        foreach (BoundEndpoint bound in endpoints)
        {
            foreach (IPEndPoint local in bound.LocalEndPoints)
            {
                bool isAny = local.Address.Equals(IPAddress.Any) || local.Address.Equals(IPAddress.IPv6Any);
                if (local.Port == context.Connection.LocalPort && (isAny || local.Address.Equals(address))) return bound.Endpoint;
            }
        }

        throw new InvalidOperationException($"A request came to {address}:{context.Connection.LocalPort}, where no endpoint listens.");
    }
}

using Broker.Host.Configuration;

namespace Broker.Host.Endpoints;

/// <summary>
/// Which web pages may open a WebSocket: a browser would let any page connect to a broker that its user can reach, even one
/// that listens on loopback only.
/// </summary>
internal static class OriginRule
{
    /// <summary>Whether a page of this origin may connect.</summary>
    /// <param name="endpoint">The endpoint asked.</param>
    /// <param name="origin">What the browser says the page is from.</param>
    /// <param name="host">The host that the page asked for; on a loopback endpoint it proves nothing, since any name can lead there.</param>
    public static bool Allows(ConfiguredEndpoint endpoint, string origin, string? host)
    {
        if (endpoint.Options.AllowedOrigins is { } allowed)
        {
            return allowed.Any(one => one == "*" || one.Equals(origin, StringComparison.OrdinalIgnoreCase));
        }

        if (!Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri)) return false;
        if (uri.IsLoopback && !uri.IsFile) return true;
        return !endpoint.Url.IsLoopback && string.Equals(uri.Authority, host, StringComparison.OrdinalIgnoreCase);
    }
}

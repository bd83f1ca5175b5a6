using Broker.Host.Endpoints;

namespace Broker.Host.Reloading;

/// <summary>Opens and closes endpoints while the broker runs.</summary>
internal interface IEndpointDoors
{
    /// <summary>
    /// Closes some endpoints, with the connections that came through them, and then opens others, which listen already. It does not wait
    /// for that, and cannot fail.
    /// </summary>
    /// <param name="closed">Those that are gone, or listen elsewhere now.</param>
    /// <param name="opened">Those that are new, or listen elsewhere now.</param>
    void Change(IReadOnlyList<BoundEndpoint> closed, IReadOnlyList<BoundEndpoint> opened);
}

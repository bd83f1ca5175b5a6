using Broker.Host.Configuration;
using Broker.Host.Endpoints;

namespace Broker.Host.Reloading;

/// <summary>
/// What endpoints are told that can change while they listen: the origins of web pages, and whether payloads are checked. New
/// connections and requests go by it.
/// </summary>
internal sealed class EndpointSettings(IReadOnlyList<BoundEndpoint> endpoints) : IReloadable
{
    /// <inheritdoc/>
    public string Name => "endpoints";

    /// <inheritdoc/>
    public IReadOnlyList<string> Files => [];

    /// <inheritdoc/>
    public ReloadPlan Prepare(HostConfiguration next)
    {
        List<(BoundEndpoint Bound, EndpointOptions Options)> changes = [];
        List<string> later = [.. next.Endpoints.Where(other => endpoints.All(bound => !IsSame(bound, other))).Select(other => other.Key)];
        foreach (BoundEndpoint bound in endpoints)
        {
            ConfiguredEndpoint current = bound.Endpoint;
            if (next.Endpoints.FirstOrDefault(other => IsSame(bound, other)) is not { } wanted)
            {
                later.Add(current.Key); // another address, or none any more
                continue;
            }

            EndpointOptions options = current.Options with { AllowedOrigins = wanted.Options.AllowedOrigins, ValidatePayloadFormat = wanted.Options.ValidatePayloadFormat };
            bool isChanged = options.ValidatePayloadFormat != current.Options.ValidatePayloadFormat
                || !(options.AllowedOrigins ?? []).SequenceEqual(current.Options.AllowedOrigins ?? [])
                || options.AllowedOrigins is null != current.Options.AllowedOrigins is null;
            if (isChanged) changes.Add((bound, options));
        }

        return new ReloadPlan
        {
            AtNextStart = later,
            Summary = changes.Count == 0 ? null : string.Join(", ", changes.Select(change => change.Bound.Endpoint.Name)),
            Apply = changes.Count == 0 ? null : () =>
            {
                foreach ((BoundEndpoint bound, EndpointOptions options) in changes) bound.Endpoint = bound.Endpoint with { Options = options };
            },
        };
    }

    private static bool IsSame(BoundEndpoint bound, ConfiguredEndpoint other) =>
        other.Name.Equals(bound.Endpoint.Name, StringComparison.OrdinalIgnoreCase) && other.Options.Url == bound.Endpoint.Options.Url;
}

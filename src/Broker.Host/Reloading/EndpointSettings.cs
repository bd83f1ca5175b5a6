using System.Net.Sockets;
using Broker.Host.Configuration;
using Broker.Host.Endpoints;

namespace Broker.Host.Reloading;

/// <summary>
/// The endpoints. They open and close while the broker runs: new ones are bound and listen before anything changes, so that one which
/// cannot keeps everything as it was. Of those that stay, the origins of web pages and whether payloads are checked change for new
/// connections and requests. Where nothing was for HTTP at the start, there is no web server, and the first such endpoint waits.
/// </summary>
internal sealed class EndpointSettings(HostConfiguration started, IReadOnlyList<BoundEndpoint> endpoints, LoginSettings logins, IEndpointDoors doors) : IReloadable
{
    private readonly List<BoundEndpoint> _bound = [.. endpoints];
    private readonly bool _hasWebServer = endpoints.Any(bound => bound.Endpoint.Url.IsHttp);

    /// <inheritdoc/>
    public string Name => "endpoints";

    /// <inheritdoc/>
    public IReadOnlyList<string> Files => [];

    /// <inheritdoc/>
    public ReloadPlan Prepare(HostConfiguration next)
    {
        List<string> later = [];
        List<string> summary = [];
        List<BoundEndpoint> closed = [];
        List<ConfiguredEndpoint> wanted = [];
        List<(BoundEndpoint Bound, EndpointOptions Options)> changes = [];
        foreach (BoundEndpoint bound in _bound)
        {
            ConfiguredEndpoint? other = next.Endpoints.FirstOrDefault(other => IsNamed(other, bound.Endpoint));
            if (other?.Options.Url == bound.Endpoint.Options.Url)
            {
                if (OptionsOf(bound.Endpoint, other) is { } options) changes.Add((bound, options));
            }
            else if (other is not null && !CanOpen(other, next))
            {
                later.Add(bound.Endpoint.Key);
            }
            else
            {
                closed.Add(bound);
                if (other is not null) wanted.Add(other);
            }
        }

        foreach (ConfiguredEndpoint endpoint in next.Endpoints.Where(endpoint => !_bound.Exists(bound => IsNamed(endpoint, bound.Endpoint))))
        {
            if (CanOpen(endpoint, next)) wanted.Add(endpoint);
            else later.Add(endpoint.Key);
        }

        IReadOnlyList<BoundEndpoint> opened;
        try
        {
            opened = Listen(wanted);
        }
        catch (EndpointException fault)
        {
            return ReloadPlan.Refuse([new("endpoints", null, $"{fault.Message} (the address of an endpoint that this reload closes counts as in use)")]);
        }

        summary.AddRange(changes.Select(change => change.Bound.Endpoint.Name));
        summary.AddRange(closed.Select(bound => $"{bound.Endpoint.Name} closes {bound.Address}"));
        summary.AddRange(opened.Select(bound => $"{bound.Endpoint.Name} opens {bound.Address}"));
        return new ReloadPlan
        {
            AtNextStart = later,
            Summary = summary.Count == 0 ? null : string.Join(", ", summary),
            Apply = summary.Count == 0 ? null : () => Apply(changes, closed, opened),
            Discard = () =>
            {
                foreach (BoundEndpoint bound in opened) bound.Dispose();
            },
        };
    }

    private void Apply(List<(BoundEndpoint Bound, EndpointOptions Options)> changes, List<BoundEndpoint> closed, IReadOnlyList<BoundEndpoint> opened)
    {
        foreach ((BoundEndpoint bound, EndpointOptions options) in changes) bound.Endpoint = bound.Endpoint with { Options = options };
        if (closed.Count + opened.Count == 0) return;
        _bound.RemoveAll(closed.Contains);
        _bound.AddRange(opened);
        doors.Change(closed, opened);
    }

    private static IReadOnlyList<BoundEndpoint> Listen(List<ConfiguredEndpoint> wanted)
    {
        IReadOnlyList<BoundEndpoint> opened = BoundEndpoint.BindAll(wanted);
        try
        {
            foreach (BoundEndpoint bound in opened)
            {
                foreach (Socket socket in bound.Sockets) bound.Listen(socket);
            }

            return opened;
        }
        catch (EndpointException)
        {
            foreach (BoundEndpoint bound in opened) bound.Dispose();
            throw;
        }
    }

    // What would guard it has to be in force already, and not only be written down: who may log in, what they may do, whose tenant it is.
    private bool CanOpen(ConfiguredEndpoint endpoint, HostConfiguration next) =>
        (!endpoint.Url.IsHttp || _hasWebServer)
        && !logins.Waits(next)
        && next.AccessRules is null == started.AccessRules is null
        && TenantOf(endpoint, next) == TenantOf(endpoint, started);

    private static string? TenantOf(ConfiguredEndpoint endpoint, HostConfiguration configuration) =>
        configuration.Options.Broker.Budgets.Tenants.FirstOrDefault(tenant => tenant.Endpoints.Contains(endpoint.Name, StringComparer.OrdinalIgnoreCase))?.Name;

    private static EndpointOptions? OptionsOf(ConfiguredEndpoint current, ConfiguredEndpoint wanted)
    {
        bool isSame = wanted.Options.ValidatePayloadFormat == current.Options.ValidatePayloadFormat
            && (wanted.Options.AllowedOrigins ?? []).SequenceEqual(current.Options.AllowedOrigins ?? [])
            && wanted.Options.AllowedOrigins is null == current.Options.AllowedOrigins is null;
        return isSame ? null : current.Options with { AllowedOrigins = wanted.Options.AllowedOrigins, ValidatePayloadFormat = wanted.Options.ValidatePayloadFormat };
    }

    private static bool IsNamed(ConfiguredEndpoint one, ConfiguredEndpoint other) => one.Name.Equals(other.Name, StringComparison.OrdinalIgnoreCase);
}

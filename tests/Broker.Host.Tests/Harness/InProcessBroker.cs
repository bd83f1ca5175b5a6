using Broker.Core;
using Broker.Host.Configuration;
using Broker.Host.Endpoints;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Broker.Host.Tests.Harness;

/// <summary>The whole host inside the test's process, on free ports.</summary>
internal sealed class InProcessBroker : IAsyncDisposable
{
    private static readonly string[] _quiet =
    [
        "--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:0",
        "--Broker:Endpoints:Http:Url", "http://127.0.0.1:0",
        "--Logging:LogLevel:Default", "None",
        "--Logging:LogLevel:Microsoft", "None",
    ];

    private readonly IHost _host;
    private readonly IReadOnlyList<BoundEndpoint> _endpoints;

    private InProcessBroker(IHost host, IReadOnlyList<BoundEndpoint> endpoints)
    {
        _host = host;
        _endpoints = endpoints;
    }

    public MqttBroker Broker => _host.Services.GetRequiredService<MqttBroker>();

    public static async Task<InProcessBroker> StartAsync(params string[] arguments)
    {
        CommandLine commandLine = CommandLine.Parse([.. _quiet, .. arguments]);
        HostConfiguration configuration = HostConfiguration.Read(commandLine, new Dictionary<string, string>(), []);
        Assert.Empty(configuration.Faults);
        IReadOnlyList<BoundEndpoint> endpoints = BoundEndpoint.BindAll(configuration.Endpoints);
        IHost host = HostComposition.Build(configuration, endpoints);
        await host.StartAsync();
        return new InProcessBroker(host, endpoints);
    }

    public Uri Address(string endpoint) => new(_endpoints.Single(bound => bound.Endpoint.Name == endpoint).Address);

    public Uri Http(string path) => new(Address("Http"), path);

    public Task<WireClient> OpenAsync() => WireClient.OpenAsync(Address("Mqtt"));

    /// <summary>The HTTP routes that there are.</summary>
    public IEnumerable<RouteEndpoint> Routes() => ((IEndpointRouteBuilder)_host).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();

    public Task StopAsync() => _host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}

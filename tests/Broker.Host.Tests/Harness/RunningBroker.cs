using System.Globalization;
using Broker.Core;
using Broker.Host.Configuration;
using Broker.Host.Endpoints;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Broker.Host.Tests.Harness;

/// <summary>
/// The whole broker on free ports: inside the test's process or, where another build of it is to be tested (native code, a
/// published folder), as the program that <see cref="BrokerProcess.Executable"/> names.
/// </summary>
internal sealed class RunningBroker : IAsyncDisposable
{
    private static readonly string[] _quiet =
    [
        "--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:0",
        "--Broker:Endpoints:Http:Url", "http://127.0.0.1:0",
        "--Logging:LogLevel:Default", "None",
        "--Logging:LogLevel:Microsoft", "None",
    ];

    private readonly IHost? _host;
    private readonly BrokerProcess? _process;
    private readonly IReadOnlyList<BoundEndpoint> _endpoints = [];

    private RunningBroker(IHost host, IReadOnlyList<BoundEndpoint> endpoints)
    {
        _host = host;
        _endpoints = endpoints;
    }

    private RunningBroker(BrokerProcess process) => _process = process;

    /// <summary>Clients that are connected.</summary>
    public Task<int> ConnectionsAsync() => CountAsync(broker => broker.ConnectionCount, "mqtt_connections");

    /// <summary>Long polls and requests over HTTP that wait.</summary>
    public Task<int> WaitingPollsAsync() => CountAsync(broker => broker.Polling.WaitingCount, "mqtt_polls_waiting");

    /// <summary>Starts it with what drives plain TCP connections; the test is skipped where there is no such driver.</summary>
    public static Task<RunningBroker> StartOverAsync(string driver, params string[] arguments)
    {
        Assert.SkipUnless(driver != "Epoll" || OperatingSystem.IsLinux(), "Only Linux has epoll.");
        return StartAsync(["--Broker:Tcp:Driver", driver, .. arguments]);
    }

    public static async Task<RunningBroker> StartAsync(params string[] arguments)
    {
        if (BrokerProcess.IsOtherBuild) return new RunningBroker(await BrokerProcess.StartAsync([.. _quiet, .. arguments]));
        CommandLine commandLine = CommandLine.Parse([.. _quiet, .. arguments]);
        HostConfiguration configuration = HostConfiguration.Read(commandLine, new Dictionary<string, string>(), []);
        Assert.Empty(configuration.Faults);
        IReadOnlyList<BoundEndpoint> endpoints = BoundEndpoint.BindAll(configuration.Endpoints);
        IHost host = HostComposition.Build(configuration, endpoints);
        await host.StartAsync();
        return new RunningBroker(host, endpoints);
    }

    public Uri Address(string endpoint) => _process?.Address(endpoint) ?? new(_endpoints.Single(bound => bound.Endpoint.Name == endpoint).Address);

    public Uri Http(string path) => new(Address("Http"), path);

    public Task<WireClient> OpenAsync() => WireClient.OpenAsync(Address("Mqtt"));

    /// <summary>The HTTP routes that there are; another build cannot be asked.</summary>
    public IEnumerable<RouteEndpoint> Routes()
    {
        Assert.SkipWhen(_host is null, "the routes of another process cannot be listed");
        return ((IEndpointRouteBuilder)_host!).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();
    }

    public async Task StopAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync();
            return;
        }

        _process!.Signal(BrokerProcess.SigTerm); // there is one or the other
        Assert.Equal(0, await _process.ExitAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        if (_host is null) return;
        await _host.StopAsync();
        _host.Dispose();
    }

    private async Task<int> CountAsync(Func<MqttBroker, int> read, string metric)
    {
        if (_host is not null) return read(_host.Services.GetRequiredService<MqttBroker>());
        using var anyCertificate = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        using var http = new HttpClient(anyCertificate);
        string metrics = await http.GetStringAsync(Http("/metrics"), Eventually.Deadline());
        string line = metrics.Split('\n').First(line => line.StartsWith(metric + "{", StringComparison.Ordinal) || line.StartsWith(metric + " ", StringComparison.Ordinal));
        return int.Parse(line[(line.IndexOf('}', StringComparison.Ordinal) + 1)..].Replace(metric, "", StringComparison.Ordinal).Trim().Split(' ')[0], CultureInfo.InvariantCulture);
    }
}

using System.Net;
using System.Net.Sockets;
using Broker.Host.Configuration;
using Broker.Host.Endpoints;
using Broker.Host.Tests.Configuration;
using Microsoft.Extensions.Hosting;

namespace Broker.Host.Tests.Starting;

public sealed class LateListenerTests
{
    [Theory]
    [InlineData("Mqtt", "mqtt")]
    [InlineData("Http", "http")]
    public async Task Somebody_who_listens_between_bind_and_listen_is_told_like_any_port_in_use(string name, string scheme)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux lets two bind one address as long as nobody listens.");
        using var rival = new Socket(SocketType.Stream, ProtocolType.Tcp);
        rival.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)rival.LocalEndPoint!).Port;
        HostConfiguration configuration = ConfigurationCase.FromArguments(
            "--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:0", "--Broker:Endpoints:Http:Url", "http://127.0.0.1:0",
            $"--Broker:Endpoints:{name}:Url", $"{scheme}://127.0.0.1:{port}", "--Logging:LogLevel:Default", "None");
        IReadOnlyList<BoundEndpoint> endpoints = BoundEndpoint.BindAll(configuration.Endpoints);
        using IHost host = HostComposition.Build(configuration, endpoints);
        rival.Listen();

        EndpointException fault = await Assert.ThrowsAsync<EndpointException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.StartsWith($"Broker:Endpoints:{name}:Url: {scheme}://127.0.0.1:{port} is already in use", fault.Message, StringComparison.Ordinal);
        foreach (BoundEndpoint endpoint in endpoints) endpoint.Dispose();
    }

    [Fact]
    public void Nothing_can_connect_before_the_broker_is_started()
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments("--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:0", "--Broker:Endpoints:Http:Url", "");
        BoundEndpoint endpoint = Assert.Single(BoundEndpoint.BindAll(configuration.Endpoints));
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);

        SocketException refused = Assert.Throws<SocketException>(() => client.Connect(endpoint.Sockets[0].LocalEndPoint!));

        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        endpoint.Dispose();
    }

    [Fact]
    public void When_one_endpoint_cannot_be_bound_none_stays_bound()
    {
        using var taken = new Harness.TakenPort();
        HostConfiguration configuration = ConfigurationCase.FromArguments(
            "--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:0", "--Broker:Endpoints:Http:Url", $"http://127.0.0.1:{taken.Number}");

        EndpointException fault = Assert.Throws<EndpointException>(() => BoundEndpoint.BindAll(configuration.Endpoints));

        Assert.Contains("Broker:Endpoints:Http:Url", fault.Message, StringComparison.Ordinal);
    }
}

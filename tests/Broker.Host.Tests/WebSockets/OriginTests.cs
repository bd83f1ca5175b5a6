using System.Net.WebSockets;
using Broker.Host.Configuration;
using Broker.Host.Endpoints;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.WebSockets;

public sealed class OriginTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080", null, true)]
    [InlineData("http://127.0.0.1:8080", "http://localhost:3000", null, true)]
    [InlineData("http://127.0.0.1:8080", "http://[::1]:3000", null, true)]
    [InlineData("http://127.0.0.1:8080", "https://evil.example", null, false)]
    [InlineData("http://127.0.0.1:8080", "http://evil.example:8080", null, false)] // its name may lead to 127.0.0.1
    [InlineData("http://127.0.0.1:8080", "null", null, false)]
    [InlineData("http://127.0.0.1:8080", "file://", null, false)]
    [InlineData("http://127.0.0.1:8080", "https://a.example", "https://a.example", true)]
    [InlineData("http://127.0.0.1:8080", "https://A.Example", "https://a.example", true)]
    [InlineData("http://127.0.0.1:8080", "https://b.example", "https://a.example", false)]
    [InlineData("http://127.0.0.1:8080", "http://localhost:3000", "https://a.example", false)]
    [InlineData("http://127.0.0.1:8080", "https://b.example", "*", true)]
    [InlineData("http://0.0.0.0:8080", "http://evil.example:8080", null, true)] // the page came from this very address
    [InlineData("http://0.0.0.0:8080", "http://other.example", null, false)]
    public void A_page_may_connect_by_where_it_is_from(string url, string origin, string? allowed, bool isAllowed)
    {
        Assert.True(EndpointUrl.TryParse(url, out EndpointUrl parsed));
        var options = new EndpointOptions { Url = url, AllowedOrigins = allowed is null ? null : [allowed] };

        Assert.Equal(isAllowed, OriginRule.Allows(new ConfiguredEndpoint("Http", parsed, options, null), origin, "evil.example:8080"));
    }

    [Fact]
    public async Task A_page_from_elsewhere_is_refused_with_403()
    {
        await using RunningBroker broker = await RunningBroker.StartAsync();

        Assert.Equal(403, await RawWebSocket.RefusalAsync(broker.Address("Http"), origin: "https://evil.example"));
    }

    [Fact]
    public async Task Each_endpoint_has_its_own_origins()
    {
        await using RunningBroker broker = await RunningBroker.StartAsync(
            "--Broker:Endpoints:Open:Url", "http://127.0.0.1:0", "--Broker:Endpoints:Open:AllowedOrigins:0", "https://a.example");

        using ClientWebSocket open = await RawWebSocket.OpenAsync(broker.Address("Open"), origin: "https://a.example");

        Assert.Equal(403, await RawWebSocket.RefusalAsync(broker.Address("Http"), origin: "https://a.example"));
    }
}

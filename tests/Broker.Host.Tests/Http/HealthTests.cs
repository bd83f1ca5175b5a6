using System.Net;
using System.Text.Json;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Http;

public sealed class HealthTests : IAsyncLifetime
{
    private readonly HttpClient _client = new();
    private RunningBroker _broker = null!; // InitializeAsync

    public async ValueTask InitializeAsync() => _broker = await RunningBroker.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    [Theory]
    [InlineData("/healthz", "healthy\n")]
    [InlineData("/readyz", "ready\n")]
    public async Task A_running_broker_is_well_and_ready(string path, string text)
    {
        using HttpResponseMessage answer = await _client.GetAsync(_broker.Http(path), Eventually.Deadline());

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(text, await answer.Content.ReadAsStringAsync(Eventually.Deadline()));
        Assert.True(answer.Headers.CacheControl?.NoStore);
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Fact]
    public async Task Head_is_answered_without_a_body()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, _broker.Http("/healthz"));
        using HttpResponseMessage answer = await _client.SendAsync(request, Eventually.Deadline());

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Eventually.Deadline()));
    }

    [Theory]
    [InlineData("GET", "/nothing", 404)]
    [InlineData("GET", "/", 404)]
    [InlineData("POST", "/healthz", 405)]
    [InlineData("GET", "/mqtt", 426)]
    public async Task An_error_is_problem_details_whatever_the_client_accepts(string method, string path, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), _broker.Http(path));
        request.Headers.Accept.ParseAdd("text/html");

        using HttpResponseMessage answer = await _client.SendAsync(request, Eventually.Deadline());

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Eventually.Deadline()));
        Assert.Equal(status, problem.RootElement.GetProperty("status").GetInt32());
        Assert.Equal(path, problem.RootElement.GetProperty("instance").GetString());
        Assert.NotEmpty(problem.RootElement.GetProperty("title").GetString()!);
    }

    [Fact]
    public async Task Metrics_are_there_for_prometheus_the_brokers_and_the_runtimes()
    {
        await using WireClient client = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        await client.PublishAsync("t", "x");
        await client.PingAsync();

        string text = "";
        await Eventually.Until("the publication is counted", async () =>
        {
            text = await _client.GetStringAsync(_broker.Http("/metrics"), Eventually.Deadline());
            return text.Split('\n').Any(line => line.StartsWith("mqtt_", StringComparison.Ordinal) && line.Contains("otel_scope_name=\"Broker\"", StringComparison.Ordinal));
        });

        Assert.Contains("dotnet_gc_collections_total", text, StringComparison.Ordinal);
        Assert.Contains("mqtt_connections", text, StringComparison.Ordinal);
    }
}

using System.Collections.Concurrent;
using Broker.Host.Tests.Harness;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Tests.Http;

public sealed class OtlpTests : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, int> _received = new();
    private WebApplication _collector = null!; // InitializeAsync

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _collector = builder.Build();
        _collector.MapPost("/v1/{signal}", (HttpContext context) =>
        {
            _received.AddOrUpdate(context.Request.Path, 1, (_, count) => count + 1);
            return Task.CompletedTask;
        });
        await _collector.StartAsync();
    }

    public async ValueTask DisposeAsync() => await _collector.DisposeAsync();

    [Fact]
    public async Task Everything_goes_to_the_collector_that_the_standard_variables_name()
    {
        await using BrokerProcess broker = Launch(new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _collector.Urls.Single() });
        await broker.ReadyAsync();

        await Eventually.Until("metrics and logs arrive", () => _received.ContainsKey("/v1/metrics") && _received.ContainsKey("/v1/logs"));
    }

    [Fact]
    public async Task One_signal_alone_goes_out_where_only_its_variable_is_set()
    {
        await using BrokerProcess broker = Launch(new() { ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = _collector.Urls.Single() + "/v1/metrics" });
        await broker.ReadyAsync();

        await Eventually.Until("metrics arrive", () => _received.ContainsKey("/v1/metrics"));
        broker.Signal(BrokerProcess.SigTerm);
        await broker.ExitAsync();

        Assert.DoesNotContain("/v1/logs", _received.Keys);
    }

    [Fact]
    public async Task A_signal_is_turned_off_by_its_exporter_variable()
    {
        await using BrokerProcess broker = Launch(new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _collector.Urls.Single(), ["OTEL_METRICS_EXPORTER"] = "none" });
        await broker.ReadyAsync();

        await Eventually.Until("logs arrive", () => _received.ContainsKey("/v1/logs"));
        broker.Signal(BrokerProcess.SigTerm);
        await broker.ExitAsync();

        Assert.DoesNotContain("/v1/metrics", _received.Keys);
    }

    private static BrokerProcess Launch(Dictionary<string, string> environment)
    {
        environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        environment["OTEL_METRIC_EXPORT_INTERVAL"] = "200";
        environment["OTEL_BLRP_SCHEDULE_DELAY"] = "200";
        environment["Broker__Endpoints__Mqtt__Url"] = "mqtt://127.0.0.1:0";
        environment["Broker__Endpoints__Http__Url"] = "";
        return BrokerProcess.Launch([], environment);
    }
}

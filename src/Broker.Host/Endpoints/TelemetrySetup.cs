using System.Globalization;
using Broker.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Broker.Host.Endpoints;

/// <summary>
/// OpenTelemetry: the broker's meter and the runtime's for Prometheus at <c>/metrics</c>; metrics, traces and logs over OTLP
/// where the standard <c>OTEL_*</c> variables say so, and nowhere else.
/// </summary>
internal static class TelemetrySetup
{
    private const string Source = "Broker";

    /// <summary>Adds what is to be collected and exported.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="hasHttp">Whether there is an endpoint for Prometheus.</param>
    public static void Configure(IHostApplicationBuilder builder, bool hasHttp)
    {
        IConfiguration settings = builder.Configuration;
        bool exportsMetrics = Exports(settings, "METRICS");
        bool exportsTraces = Exports(settings, "TRACES");
        bool exportsLogs = Exports(settings, "LOGS");
        if (!hasHttp && !exportsMetrics && !exportsTraces && !exportsLogs) return;
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("broker", serviceVersion: MqttBroker.Version).AddEnvironmentVariableDetector());
        if (hasHttp || exportsMetrics)
        {
            telemetry.WithMetrics(metrics =>
            {
                metrics.AddMeter(Source).AddRuntimeInstrumentation();
                if (hasHttp) metrics.AddPrometheusExporter();
                if (exportsMetrics) metrics.AddOtlpExporter(exporter => Specialise(exporter, settings, "METRICS"));
            });
        }

        if (exportsTraces) telemetry.WithTracing(traces => traces.AddSource(Source).AddOtlpExporter(exporter => Specialise(exporter, settings, "TRACES")));
        if (exportsLogs) builder.Logging.AddOpenTelemetry(logs => logs.AddOtlpExporter(exporter => Specialise(exporter, settings, "LOGS")));
    }

    // An endpoint, for all signals or for this one, turns it on; so does naming the exporter; "none" turns it off.
    private static bool Exports(IConfiguration settings, string signal)
    {
        string? exporter = settings[$"OTEL_{signal}_EXPORTER"];
        bool hasEndpoint = !string.IsNullOrEmpty(settings["OTEL_EXPORTER_OTLP_ENDPOINT"])
            || !string.IsNullOrEmpty(settings[$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"]);
        return string.IsNullOrEmpty(exporter) ? hasEndpoint : exporter.Split(',').Contains("otlp", StringComparer.OrdinalIgnoreCase);
    }

    // The library reads the variables that are for all signals; those for one signal go before them.
    private static void Specialise(OtlpExporterOptions exporter, IConfiguration settings, string signal)
    {
        string? Own(string name) => settings[$"OTEL_EXPORTER_OTLP_{signal}_{name}"] is { Length: > 0 } text ? text : null;

        if (Uri.TryCreate(Own("ENDPOINT"), UriKind.Absolute, out Uri? endpoint)) exporter.Endpoint = endpoint;
        if (Own("HEADERS") is { } headers) exporter.Headers = headers;
        if (int.TryParse(Own("TIMEOUT"), NumberStyles.None, CultureInfo.InvariantCulture, out int timeout)) exporter.TimeoutMilliseconds = timeout;
        if (Own("PROTOCOL") is { } protocol)
        {
            exporter.Protocol = protocol == "http/protobuf" ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        }
    }
}

using System.Net;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Http;

/// <summary>A broker that may have next to no memory is overloaded a second after its start, and says so in every way.</summary>
public sealed class OverloadTests
{
    [Fact]
    public async Task HTTP_answers_503_MQTT_0x97_and_a_privileged_endpoint_goes_on()
    {
        await using BrokerProcess broker = await BrokerProcess.StartAsync(
            "--Broker:Limits:MemoryBytes", "1000000", "--Broker:Endpoints:Admin:Url", "mqtt://127.0.0.1:0", "--Broker:Limits:Privileged:Endpoints", "Admin");
        await Eventually.Until("it is told", () => broker.Error.Contains("The broker is overloaded: Hard", StringComparison.Ordinal));
        using var http = new HttpClient();

        using HttpResponseMessage polled = await http.GetAsync(broker.Http("/topics/a"), Eventually.Deadline());
        using HttpResponseMessage health = await http.GetAsync(broker.Http("/healthz"), Eventually.Deadline());
        await using WireClient refused = await WireClient.OpenAsync(broker.Address("Mqtt"));
        await using WireClient admitted = await WireClient.OpenAsync(broker.Address("Admin"));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (polled.StatusCode, health.StatusCode));
        Assert.NotNull(polled.Headers.RetryAfter);
        Assert.Equal(ReasonCode.QuotaExceeded, (await refused.AskAsync(new ConnectOptions { ClientId = "refused" })).ReasonCode);
        Assert.Equal(ReasonCode.Success, (await admitted.AskAsync(new ConnectOptions { ClientId = "admitted" })).ReasonCode);
        Assert.Contains("Memory budget: 0 MiB (as configured", broker.Error, StringComparison.Ordinal);
    }
}

using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Interop;

/// <summary>MQTT.js, the client of web pages and of Node.js, over TCP and WebSocket; <c>mqttjs.mjs</c> has the scenarios.</summary>
public sealed class MqttJsTests : IAsyncLifetime
{
    private RunningBroker _broker = null!; // InitializeAsync

    public static TheoryData<string, string, string> Cases => new MatrixTheoryData<string, string, string>(
        ["qos", "retained", "will", "shared", "session", "large"], ["3", "4", "5"], ["mqtt", "ws"]);

    public async ValueTask InitializeAsync()
    {
        OtherClient.RequireMqttJs();
        _broker = await RunningBroker.StartAsync();
    }

    public ValueTask DisposeAsync() => _broker?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task A_scenario_works(string scenario, string version, string scheme) => RunAsync(scenario, version, scheme);

    [Theory]
    [InlineData("mqtt")]
    [InlineData("ws")]
    public Task Properties_of_mqtt_5_arrive(string scheme) => RunAsync("properties", "5", scheme);

    private async Task RunAsync(string scenario, string version, string scheme)
    {
        string url = scheme == "ws" ? $"ws://127.0.0.1:{_broker.Address("Http").Port}/mqtt" : $"mqtt://127.0.0.1:{_broker.Address("Mqtt").Port}";

        await using OtherProcess node = OtherClient.Start("node", Path.Combine(AppContext.BaseDirectory, "Interop", "mqttjs.mjs"), scenario, version, url);

        await node.SucceedAsync();
        Assert.Contains("done", node.Output, StringComparison.Ordinal);
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Broker.Host.Tests.Harness;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace Broker.Host.Tests.Interop;

/// <summary>Change-only delivery to the clients of others: mosquitto_sub, and MQTTnet with options.</summary>
public sealed class ChangeOnlyTests : IAsyncLifetime
{
    private readonly MqttClientFactory _factory = new();
    private readonly List<IMqttClient> _clients = [];
    private RunningBroker _broker = null!; // InitializeAsync

    private static CancellationToken Deadline => Eventually.Deadline();

    public async ValueTask InitializeAsync() => _broker = await RunningBroker.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (IMqttClient client in _clients) client.Dispose();
        await _broker.DisposeAsync();
    }

    [Theory]
    [InlineData("mqttv31")]
    [InlineData("mqttv311")]
    [InlineData("mqttv5")]
    public async Task A_value_that_is_repeated_ten_times_and_changed_once_is_two_lines(string version)
    {
        foreach (string program in (string[])["mosquitto_sub", "mosquitto_pub", "stdbuf"]) OtherClient.RequireProgram(program);
        await using OtherProcess subscriber = OtherClient.Start("stdbuf", ["-oL", "mosquitto_sub", .. Address(version), "-d", "-W", "60", "-C", "2", "-v", "-t", "$changes/plant/#"]);
        await subscriber.UntilAsync("Subscribed (mid: 1)");

        await PublishAsync(version, "-t", "plant/line1/temp", "-m", "21.5", "--repeat", "10");
        await subscriber.UntilAsync("plant/line1/temp 21.5");
        await PublishAsync(version, "-t", "plant/line1/temp", "-m", "22");

        await subscriber.SucceedAsync();
        Assert.Equal(["plant/line1/temp 21.5", "plant/line1/temp 22"], Lines(subscriber.Output));
    }

    [Fact]
    public async Task A_shared_group_of_two_gets_every_change_once()
    {
        foreach (string program in (string[])["mosquitto_sub", "mosquitto_pub", "stdbuf"]) OtherClient.RequireProgram(program);
        string[] subscribe = ["-oL", "mosquitto_sub", .. Address("mqttv311"), "-d", "-W", "60", "-v", "-q", "1", "-t", "$share/g/$changes/plant/#"];
        await using OtherProcess one = OtherClient.Start("stdbuf", subscribe);
        await using OtherProcess other = OtherClient.Start("stdbuf", subscribe);
        await one.UntilAsync("Subscribed (mid: 1)");
        await other.UntilAsync("Subscribed (mid: 1)");

        for (int i = 1; i <= 3; i++)
        {
            await PublishAsync("mqttv311", "-t", "plant/a", "-m", $"{i}", "-q", "1", "--repeat", "5");
            await Eventually.Until($"{i} arrives", () => Lines(one.Output).Length + Lines(other.Output).Length >= i);
        }

        Assert.Equal(["plant/a 1", "plant/a 2", "plant/a 3"], Lines(one.Output).Concat(Lines(other.Output)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("deadband", "0.5", "20|20.3|20.5|20.6|20.7|end", "20|20.6|end")]
    [InlineData("deadband", "10%", "100|109|111|121|101|end", "100|111|end")]
    [InlineData("pointer", "/v", """{"v":1,"at":1}|{"v":1,"at":2}|{"at":3,"v":2}|end""", """{"v":1,"at":1}|{"at":3,"v":2}|end""")]
    [InlineData("max-silence", "3600", "1|1|2|end", "1|2|end")]
    public async Task MQTTnet_says_in_user_properties_what_counts_as_a_change(string option, string value, string published, string expected)
    {
        ConcurrentQueue<string> received = [];
        IMqttClient subscriber = await ConnectAsync(received);
        await subscriber.SubscribeAsync(_factory.CreateSubscribeOptionsBuilder().WithTopicFilter("$changes/t").WithUserProperty(option, Encoding.UTF8.GetBytes(value)).Build(), Deadline);
        IMqttClient publisher = await ConnectAsync();

        // A change is awaited before the next value: a machine that is slow would make the subscriber one that gets the newest only.
        foreach (string payload in published.Split('|'))
        {
            await publisher.PublishStringAsync("t", payload, MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Deadline);
            if (expected.Split('|').Contains(payload)) await Eventually.Until($"{payload} arrives", () => received.Contains(payload));
        }

        Assert.Equal(expected.Split('|'), received);
    }

    [Theory]
    [InlineData("deadband", "much", "percentage")]
    [InlineData("pointer", "v", "RFC 6901")]
    [InlineData("min-interval", "-1", "seconds above 0")]
    [InlineData("max-silence", "soon", "seconds above 0")]
    public async Task MQTTnet_is_told_why_an_option_is_refused(string option, string value, string reason)
    {
        IMqttClient subscriber = await ConnectAsync();

        MqttClientSubscribeResult answer = await subscriber.SubscribeAsync(
            _factory.CreateSubscribeOptionsBuilder().WithTopicFilter("$changes/t").WithUserProperty(option, Encoding.UTF8.GetBytes(value)).Build(), Deadline);

        Assert.Equal(MqttClientSubscribeResultCode.ImplementationSpecificError, answer.Items.Single().ResultCode);
        Assert.Contains(option, answer.ReasonString, StringComparison.Ordinal);
        Assert.Contains(reason, answer.ReasonString, StringComparison.Ordinal);
    }

    private static string[] Lines(string output) => [.. output.Split('\n').Where(line => line.StartsWith("plant/", StringComparison.Ordinal)).Select(line => line.TrimEnd('\r'))];

    private string[] Address(string version) => ["-V", version, "-h", "127.0.0.1", "-p", _broker.Address("Mqtt").Port.ToString(CultureInfo.InvariantCulture)];

    private async Task PublishAsync(string version, params string[] arguments)
    {
        await using OtherProcess publisher = OtherClient.Start("mosquitto_pub", [.. Address(version), .. arguments]);
        await publisher.SucceedAsync();
    }

    private async Task<IMqttClient> ConnectAsync(ConcurrentQueue<string>? received = null)
    {
        IMqttClient client = _factory.CreateMqttClient();
        _clients.Add(client);
        client.ApplicationMessageReceivedAsync += one =>
        {
            received?.Enqueue(one.ApplicationMessage.ConvertPayloadToString());
            return Task.CompletedTask;
        };
        MqttClientOptions options = _factory.CreateClientOptionsBuilder().WithProtocolVersion(MqttProtocolVersion.V500)
            .WithClientId($"net-{Guid.NewGuid():N}").WithTcpServer("127.0.0.1", _broker.Address("Mqtt").Port).Build();
        await client.ConnectAsync(options, Deadline);
        return client;
    }
}

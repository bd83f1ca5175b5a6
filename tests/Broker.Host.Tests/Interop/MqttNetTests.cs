using System.Collections.Concurrent;
using System.Globalization;
using Broker.Host.Tests.Harness;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace Broker.Host.Tests.Interop;

/// <summary>MQTTnet's client, over TCP and WebSocket.</summary>
public sealed class MqttNetTests : IAsyncLifetime
{
    private readonly MqttClientFactory _factory = new();
    private readonly List<IMqttClient> _clients = [];
    private RunningBroker _broker = null!; // InitializeAsync

    public static TheoryData<MqttProtocolVersion, string> VersionsAndTransports =>
        new MatrixTheoryData<MqttProtocolVersion, string>([MqttProtocolVersion.V311, MqttProtocolVersion.V500], ["tcp", "ws"]);

    private static CancellationToken Deadline => Eventually.Deadline();

    public async ValueTask InitializeAsync() => _broker = await RunningBroker.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (IMqttClient client in _clients) client.Dispose();
        await _broker.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(VersionsAndTransports))]
    public async Task Every_qos_goes_both_ways_in_order(MqttProtocolVersion version, string transport)
    {
        ConcurrentQueue<string> received = [];
        IMqttClient subscriber = await ConnectAsync(version, transport, received);
        await subscriber.SubscribeAsync("t/+", MqttQualityOfServiceLevel.ExactlyOnce, Deadline);
        IMqttClient publisher = await ConnectAsync(version, transport);
        string[] expected = [.. Enumerable.Range(0, 3).SelectMany(qos => Enumerable.Range(0, 50).Select(i => $"t/{qos} {i} q{qos} r0"))];

        for (int qos = 0; qos < 3; qos++)
        {
            for (int i = 0; i < 50; i++)
            {
                MqttClientPublishResult result = await publisher.PublishAsync(Message($"t/{qos}", $"{i}", qos), Deadline);
                Assert.True(result.IsSuccess);
            }
        }

        await Eventually.Until($"everything arrives, got {received.Count}", () => received.Count >= expected.Length);
        for (int qos = 0; qos < 3; qos++)
        {
            string topic = $"t/{qos} ";
            Assert.Equal(expected.Where(one => one.StartsWith(topic, StringComparison.Ordinal)), received.Where(one => one.StartsWith(topic, StringComparison.Ordinal)));
        }
    }

    [Theory]
    [MemberData(nameof(VersionsAndTransports))]
    public async Task A_retained_message_is_there_for_who_comes_later(MqttProtocolVersion version, string transport)
    {
        IMqttClient publisher = await ConnectAsync(version, transport);
        await publisher.PublishAsync(Message("state", "on", qos: 1, retain: true), Deadline);
        ConcurrentQueue<string> received = [];
        IMqttClient subscriber = await ConnectAsync(version, transport, received);

        await subscriber.SubscribeAsync("state", MqttQualityOfServiceLevel.AtLeastOnce, Deadline);

        await Eventually.Until("the state arrives", () => received.Contains("state on q1 r1"));
    }

    [Theory]
    [MemberData(nameof(VersionsAndTransports))]
    public async Task A_client_that_breaks_off_leaves_its_will(MqttProtocolVersion version, string transport)
    {
        ConcurrentQueue<string> received = [];
        IMqttClient observer = await ConnectAsync(version, transport, received);
        await observer.SubscribeAsync("will", MqttQualityOfServiceLevel.AtLeastOnce, Deadline);
        IMqttClient victim = await ConnectAsync(version, transport, configure: options => options
            .WithWillTopic("will").WithWillPayload("gone").WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce));

        victim.Dispose(); // without DISCONNECT

        await Eventually.Until("the will arrives", () => received.Contains("will gone q1 r0"));
    }

    [Theory]
    [MemberData(nameof(VersionsAndTransports))]
    public async Task Members_of_a_shared_subscription_get_each_message_once_between_them(MqttProtocolVersion version, string transport)
    {
        ConcurrentQueue<string> first = [];
        ConcurrentQueue<string> second = [];
        await (await ConnectAsync(version, transport, first)).SubscribeAsync("$share/workers/jobs", MqttQualityOfServiceLevel.AtLeastOnce, Deadline);
        await (await ConnectAsync(version, transport, second)).SubscribeAsync("$share/workers/jobs", MqttQualityOfServiceLevel.AtLeastOnce, Deadline);
        IMqttClient publisher = await ConnectAsync(version, transport);

        for (int i = 0; i < 20; i++) await publisher.PublishAsync(Message("jobs", $"{i}", qos: 1), Deadline);

        await Eventually.Until("all jobs are taken", () => first.Count + second.Count >= 20);
        Assert.Equal(20, first.Union(second).Count());
        Assert.NotEmpty(first);
        Assert.NotEmpty(second);
    }

    [Theory]
    [MemberData(nameof(VersionsAndTransports))]
    public async Task A_kept_session_gets_what_came_meanwhile(MqttProtocolVersion version, string transport)
    {
        static void Keep(MqttClientOptionsBuilder options) => options.WithClientId("sleeper").WithCleanSession(false).WithSessionExpiryInterval(300);
        IMqttClient before = await ConnectAsync(version, transport, configure: Keep);
        await before.SubscribeAsync("mail", MqttQualityOfServiceLevel.ExactlyOnce, Deadline);
        await before.DisconnectAsync(cancellationToken: Deadline);
        IMqttClient publisher = await ConnectAsync(version, transport);
        for (int i = 0; i < 5; i++) await publisher.PublishAsync(Message("mail", $"{i}", qos: 2), Deadline);
        ConcurrentQueue<string> received = [];

        IMqttClient after = Create(received);
        MqttClientConnectResult result = await after.ConnectAsync(Options(version, transport, Keep), Deadline);

        Assert.True(result.IsSessionPresent);
        await Eventually.Until("the mail arrives", () => received.Count >= 5);
        Assert.Equal(Enumerable.Range(0, 5).Select(i => $"mail {i} q2 r0"), received);
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("ws")]
    public async Task What_mqtt_5_carries_beside_a_payload_arrives(string transport)
    {
        MqttApplicationMessage? got = null;
        IMqttClient subscriber = Create([]);
        subscriber.ApplicationMessageReceivedAsync += received =>
        {
            got = received.ApplicationMessage;
            return Task.CompletedTask;
        };
        await subscriber.ConnectAsync(Options(MqttProtocolVersion.V500, transport), Deadline);
        await subscriber.SubscribeAsync("t", cancellationToken: Deadline);
        IMqttClient publisher = await ConnectAsync(MqttProtocolVersion.V500, transport);

        await publisher.PublishAsync(
            new MqttApplicationMessageBuilder().WithTopic("t").WithPayload("x").WithContentType("text/plain").WithResponseTopic("answer")
                .WithCorrelationData([1, 2, 3]).WithUserProperty("b", "2"u8.ToArray()).WithUserProperty("a", "1"u8.ToArray()).WithMessageExpiryInterval(60).Build(),
            Deadline);

        await Eventually.Until("it arrives", () => got is not null);
        Assert.Equal(("text/plain", "answer"), (got!.ContentType, got.ResponseTopic));
        Assert.Equal([1, 2, 3], got.CorrelationData);
        Assert.Equal(["b", "a"], got.UserProperties.Select(property => property.Name));
        Assert.InRange(got.MessageExpiryInterval, 1u, 60u);
    }

    private static MqttApplicationMessage Message(string topic, string payload, int qos, bool retain = false) =>
        new MqttApplicationMessageBuilder().WithTopic(topic).WithPayload(payload).WithQualityOfServiceLevel((MqttQualityOfServiceLevel)qos).WithRetainFlag(retain).Build();

    private IMqttClient Create(ConcurrentQueue<string> received)
    {
        IMqttClient client = _factory.CreateMqttClient();
        _clients.Add(client);
        client.ApplicationMessageReceivedAsync += one =>
        {
            MqttApplicationMessage message = one.ApplicationMessage;
            received.Enqueue(string.Create(
                CultureInfo.InvariantCulture, $"{message.Topic} {message.ConvertPayloadToString()} q{(int)message.QualityOfServiceLevel} r{(message.Retain ? 1 : 0)}"));
            return Task.CompletedTask;
        };
        return client;
    }

    private async Task<IMqttClient> ConnectAsync(
        MqttProtocolVersion version, string transport, ConcurrentQueue<string>? received = null, Action<MqttClientOptionsBuilder>? configure = null)
    {
        IMqttClient client = Create(received ?? []);
        MqttClientConnectResult result = await client.ConnectAsync(Options(version, transport, configure), Deadline);
        Assert.Equal(MqttClientConnectResultCode.Success, result.ResultCode);
        return client;
    }

    private MqttClientOptions Options(MqttProtocolVersion version, string transport, Action<MqttClientOptionsBuilder>? configure = null)
    {
        MqttClientOptionsBuilder options = _factory.CreateClientOptionsBuilder().WithProtocolVersion(version).WithClientId($"net-{Guid.NewGuid():N}");
        if (transport == "ws") options.WithWebSocketServer(server => server.WithUri($"ws://127.0.0.1:{_broker.Address("Http").Port}/mqtt"));
        else options.WithTcpServer("127.0.0.1", _broker.Address("Mqtt").Port);
        configure?.Invoke(options);
        return options.Build();
    }
}

using System.Globalization;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Tcp;

/// <summary>
/// A subscriber of changes that does not read for a while: what the broker still has in its hands is conflated, on every transport. What lies
/// in the subscriber's own receive buffer is not, unless its Receive Maximum keeps the broker from filling that.
/// </summary>
public sealed class PausedSubscriberTests : IAsyncLifetime
{
    private const int Topics = 1_000;
    private const int BatchBytes = 16_384;

    // What the broker may have handed over beyond what the client's system has taken: 16 KiB that the system has not sent, 16 KiB that it would not
    // take, 16 KiB in Kestrel's pipe, and the granularity of them all.
    private const int OnItsWay = 131_072;

    // 60,000 are 2.7 MB on the wire, which the system would take from the broker if it were let.
    private static readonly int _publications =
        int.Parse(Environment.GetEnvironmentVariable("PAUSED_PUBLICATIONS") ?? "60000", CultureInfo.InvariantCulture);

    private readonly TempFolder _folder = new();
    private RunningBroker _broker = null!; // InitializeAsync

    public async ValueTask InitializeAsync()
    {
        (string path, string key) = TestCertificates.WritePem(_folder);
        _broker = await RunningBroker.StartAsync(
        [
            "--Broker:Endpoints:Mqtts:Url", "mqtts://127.0.0.1:0", "--Broker:Endpoints:Mqtts:Certificate:Path", path, "--Broker:Endpoints:Mqtts:Certificate:KeyPath", key,
            "--Broker:Endpoints:Https:Url", "https://127.0.0.1:0", "--Broker:Endpoints:Https:Certificate:Path", path, "--Broker:Endpoints:Https:Certificate:KeyPath", key,
        ]);
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("Mqtt", 4_096)]
    [InlineData("Mqtts", 4_096)]
    [InlineData("Http", 4_096)]
    [InlineData("Https", 4_096)]
    [InlineData("Mqtt", 0)]
    [InlineData("Mqtts", 0)]
    [InlineData("Http", 0)]
    [InlineData("Https", 0)]
    public async Task A_subscriber_that_did_not_read_gets_what_its_own_buffer_held_and_then_the_last_values(string endpoint, int receiveBytes)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux bounds what waits unsent");
        await using WireClient subscriber = endpoint.StartsWith("Http", StringComparison.Ordinal)
            ? await WireClient.OpenWebSocketAsync(_broker.Address(endpoint), receiveBytes: receiveBytes)
            : await WireClient.OpenAsync(_broker.Address(endpoint), receiveBytes: receiveBytes);
        await subscriber.ConnectAsync(new() { ClientId = "paused" });
        await subscriber.SubscribeAsync("$changes/plant/#");

        await PublishAsync();

        // The last value of each topic, whatever came before; then nothing more.
        var last = new Dictionary<string, int>();
        int received = 0;
        long bytes = 0;
        int final = _publications - Topics; // from this number on a value is the last one of its topic
        while (last.Count < Topics || last.Values.Any(number => number < final))
        {
            ServerPacket.Publish message = await subscriber.ExpectAsync<ServerPacket.Publish>();
            int number = int.Parse(message.Text, CultureInfo.InvariantCulture);
            Assert.True(number > last.GetValueOrDefault(message.Topic, -1));
            last[message.Topic] = number;
            received++;
            bytes += 2 + 2 + message.Topic.Length + 1 + message.Payload.Length;
        }

        await subscriber.PingAsync();
        long most = (bytes / received * Topics) + subscriber.Socket.ReceiveBufferSize + OnItsWay;
        TestContext.Current.TestOutputHelper?.WriteLine($"{endpoint}: {received} messages, {bytes} bytes; receive buffer {subscriber.Socket.ReceiveBufferSize}");
        Assert.InRange(bytes, 1, most);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task A_subscriber_that_bounds_what_is_in_flight_gets_that_and_then_exactly_the_last_values(int receiveMaximum)
    {
        const int Rounds = 10;
        await using WireClient subscriber = await WireClient.OpenAsync(_broker.Address("Mqtt"));
        await subscriber.ConnectAsync(new() { ClientId = "paused", Properties = new Properties().ReceiveMaximum((ushort)receiveMaximum) });
        await subscriber.SubscribeAsync("$changes/plant/#", QualityOfService.AtLeastOnce);
        await using WireClient publisher = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        for (int round = 1; round <= Rounds; round++) await PublishAcknowledgedAsync(publisher, round);

        List<(string Topic, int Round)> received = [];
        while (received.Count < receiveMaximum + Topics)
        {
            ServerPacket.Publish message = await subscriber.ExpectAsync<ServerPacket.Publish>();
            received.Add((message.Topic, int.Parse(message.Text, CultureInfo.InvariantCulture)));
            await subscriber.SendAsync(ClientPackets.PubAck(ProtocolVersion.V5, message.PacketId));
        }

        await subscriber.PingAsync(); // nothing comes before its answer: that was all
        Assert.All(received.Take(receiveMaximum), message => Assert.Equal(1, message.Round));
        Assert.All(received.Skip(receiveMaximum), message => Assert.Equal(Rounds, message.Round));
        Assert.Equal(Topics, received.Skip(receiveMaximum).DistinctBy(message => message.Topic).Count());
    }

    private static async Task PublishAcknowledgedAsync(WireClient publisher, int number)
    {
        var batch = new List<byte>();
        for (int i = 0; i < Topics; i++)
        {
            batch.AddRange(ClientPackets.Publish(ProtocolVersion.V5, $"plant/line-1/sensor-{i:D4}", $"{number}", QualityOfService.AtLeastOnce, (ushort)(i + 1)));
        }

        await publisher.SendAsync([.. batch]);
        for (int i = 0; i < Topics; i++) await publisher.ExpectAsync<ServerPacket.PubAck>();
    }

    private async Task PublishAsync()
    {
        await using WireClient publisher = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        var batch = new List<byte>();
        for (int i = 0; i < _publications; i++)
        {
            batch.AddRange(ClientPackets.Publish(ProtocolVersion.V5, $"plant/line-1/sensor-{i % Topics:D4}", $"{i:D8}"));
            if (batch.Count < BatchBytes) continue;
            await publisher.SendAsync([.. batch]);
            batch.Clear();
        }

        if (batch.Count > 0) await publisher.SendAsync([.. batch]);
        await publisher.PingAsync(); // everything before it was taken
    }
}

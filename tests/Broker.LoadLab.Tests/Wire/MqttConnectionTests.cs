using System.Collections.Concurrent;
using System.Text;
using Broker.LoadTests.Brokers;
using Broker.LoadTests.Wire;

namespace Broker.LoadLab.Tests.Wire;

/// <summary>The generator's own clients against the real broker.</summary>
public sealed class MqttConnectionTests : IAsyncLifetime
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private BrokerUnderTest? _broker;

    private BrokerUnderTest Broker => _broker!;

    public async ValueTask InitializeAsync() => _broker = await BrokerUnderTest.StartAsync(new BrokerChoice(), null, TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => Broker.DisposeAsync();

    [Theory]
    [InlineData(MqttPackets.Version311, 0)]
    [InlineData(MqttPackets.Version311, 1)]
    [InlineData(MqttPackets.Version5, 0)]
    [InlineData(MqttPackets.Version5, 1)]
    public async Task Messages_of_all_sizes_arrive_whole_and_in_order(int version, int qos)
    {
        var received = new ConcurrentQueue<string>();
        var all = new TaskCompletionSource();
        await using MqttConnection subscriber = await MqttConnection.OpenAsync(Broker.Mqtt, "subscriber", version, (in MqttMessage message) =>
        {
            received.Enqueue($"{Encoding.UTF8.GetString(message.Topic)} {message.Payload.Length}");
            if (received.Count == 40) all.TrySetResult();
        });
        await subscriber.SubscribeAsync("a/+", qos);
        await using MqttConnection publisher = await MqttConnection.OpenAsync(Broker.Mqtt, "publisher", version);

        for (int i = 0; i < 40; i++) await publisher.PublishAsync($"a/{i}", new byte[i * i * 40], qos, retain: false);
        await all.Task.WaitAsync(_patience, TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"a/{i} {i * i * 40}"), received);
    }

    [Fact]
    public async Task The_kernel_counts_what_the_stream_counts()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("TCP_INFO is read on Linux only");
        await using MqttConnection connection = await MqttConnection.OpenAsync(Broker.Mqtt, "wire");
        WireBytes before = connection.Wire();

        await connection.PublishAsync("a/b", new byte[100], qos: 1, retain: false);

        WireBytes moved = connection.Wire() - before;
        Assert.Equal(2 + 2 + 3 + 2 + 1 + 100, moved.BytesOut);
        Assert.InRange(moved.BytesIn, 4, 6);
        Assert.True(moved.SegmentsOut > 0 && moved.SegmentsIn > 0);
        Assert.Equal(moved.Bytes + 52 * moved.Segments, moved.IpBytes);
    }

    [Fact]
    public async Task A_poller_gets_the_value_once_and_then_only_that_it_is_the_same()
    {
        await using MqttConnection publisher = await MqttConnection.OpenAsync(Broker.Mqtt, "publisher");
        await publisher.PublishAsync("a/b", Encoding.ASCII.GetBytes("21.5"), qos: 1, retain: false);
        using var poller = new HttpPoller(Broker.Http!, close: false);

        HttpAnswer first = await poller.GetAsync("/topics/a/b", null, TestContext.Current.CancellationToken);
        WireBytes before = poller.Ledger.Total();
        HttpAnswer second = await poller.GetAsync("/topics/a/b", first.Tag, TestContext.Current.CancellationToken);

        WireBytes moved = poller.Ledger.Total() - before;
        Assert.Equal((200, "21.5"), (first.Status, Encoding.ASCII.GetString(first.Body)));
        Assert.Equal(304, second.Status);
        Assert.Equal(1, poller.Ledger.Connections);
        Assert.InRange(moved.BytesOut, 60, 200);
        Assert.InRange(moved.BytesIn, 60, 500);
    }

    [Fact]
    public async Task A_connection_for_every_request_is_counted_with_its_bytes_when_it_has_closed()
    {
        using var poller = new HttpPoller(Broker.Http!, close: true);

        for (int i = 0; i < 5; i++) await poller.GetAsync("/healthz", null, TestContext.Current.CancellationToken);

        Assert.Equal(5, poller.Ledger.Connections);
        WireBytes all = poller.Ledger.Total();
        Assert.InRange(all.BytesOut, 5 * 50, 5 * 150);
        if (OperatingSystem.IsLinux()) Assert.True(all.Segments >= 5 * 8);
    }

    [Fact]
    public async Task Requests_are_answered_through_the_broker()
    {
        var answer = new TaskCompletionSource<string>();
        MqttConnection? device = null;
        device = await MqttConnection.OpenAsync(Broker.Mqtt, "device", received: (in MqttMessage message) =>
            device!.Respond(Encoding.UTF8.GetString(message.ResponseTopic), "21.5"u8, message.Correlation.ToArray()));
        await using MqttConnection disposing = device;
        await device.SubscribeAsync("ask", 0);
        await using MqttConnection asker = await MqttConnection.OpenAsync(Broker.Mqtt, "asker", received: (in MqttMessage message) =>
            answer.TrySetResult($"{Encoding.ASCII.GetString(message.Payload)} {message.Correlation[0]}"));
        await asker.SubscribeAsync("answers", 0);

        asker.Request("ask", "answers", [7]);

        Assert.Equal("21.5 7", await answer.Task.WaitAsync(_patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_refusal_and_a_lost_broker_are_told()
    {
        await using MqttConnection connection = await MqttConnection.OpenAsync(Broker.Mqtt, "client");

        await Assert.ThrowsAsync<IOException>(() => connection.SubscribeAsync("a/#/b", 0).WaitAsync(_patience, TestContext.Current.CancellationToken));
    }
}

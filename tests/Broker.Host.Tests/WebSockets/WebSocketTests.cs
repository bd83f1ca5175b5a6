using System.Net.WebSockets;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.WebSockets;

public sealed class WebSocketTests : IAsyncLifetime
{
    private static readonly byte[] _connect = ClientPackets.Connect(new() { ClientId = "ws", Version = ProtocolVersion.V311 });
    private static readonly byte[] _connAck = [0x20, 0x02, 0x00, 0x00];
    private static readonly byte[] _pong = [0xD0, 0x00];

    private RunningBroker _broker = null!; // InitializeAsync

    private Uri Http => _broker.Address("Http");

    public async ValueTask InitializeAsync() => _broker = await RunningBroker.StartAsync();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Theory]
    [InlineData("mqtt")]
    [InlineData("mqttv3.1")]
    public async Task The_sub_protocol_offered_is_the_one_agreed_upon(string subProtocol)
    {
        using ClientWebSocket socket = await RawWebSocket.OpenAsync(Http, subProtocol);

        Assert.Equal(subProtocol, socket.SubProtocol);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("amqp")]
    [InlineData("MQTT")]
    public async Task Without_the_sub_protocol_mqtt_it_is_refused_with_400(string? subProtocol)
    {
        Assert.Equal(400, await RawWebSocket.RefusalAsync(Http, subProtocol));
    }

    [Fact]
    public async Task Packets_may_be_joined_in_one_message()
    {
        using ClientWebSocket socket = await RawWebSocket.OpenAsync(Http);

        await socket.SendAsync([.. _connect, .. ClientPackets.PingReq(), .. ClientPackets.PingReq()]);

        byte[] expected = [.. _connAck, .. _pong, .. _pong];
        Assert.Equal(expected, await socket.ReceiveAsync(8));
    }

    [Fact]
    public async Task A_packet_may_be_split_over_messages_of_one_byte()
    {
        using ClientWebSocket socket = await RawWebSocket.OpenAsync(Http);

        foreach (byte one in _connect) await socket.SendAsync([one]);

        Assert.Equal(_connAck, await socket.ReceiveAsync(4));
    }

    [Fact]
    public async Task A_message_may_come_in_fragments_with_empty_ones_between()
    {
        using ClientWebSocket socket = await RawWebSocket.OpenAsync(Http);

        await socket.SendAsync([], endOfMessage: true);
        await socket.SendAsync(_connect[..3], endOfMessage: false);
        await socket.SendAsync([], endOfMessage: false);
        await socket.SendAsync([.. _connect[3..], 0xC0], endOfMessage: true);
        await socket.SendAsync([0x00]);

        byte[] expected = [.. _connAck, .. _pong];
        Assert.Equal(expected, await socket.ReceiveAsync(6));
    }

    [Fact]
    public async Task A_text_message_is_answered_with_1003()
    {
        using ClientWebSocket socket = await RawWebSocket.OpenAsync(Http);
        await socket.SendAsync(_connect);
        await socket.ReceiveAsync(4);

        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Eventually.Deadline());

        Assert.Equal(WebSocketCloseStatus.InvalidMessageType, await socket.CloseStatusAsync());
        await Eventually.Until("it is gone", async () => await _broker.ConnectionsAsync() == 0);
    }

    [Fact]
    public async Task A_close_is_answered_with_a_close_and_the_will_is_published()
    {
        await using WireClient observer = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        await observer.SubscribeAsync("will");
        using ClientWebSocket socket = await RawWebSocket.OpenAsync(Http);
        await socket.SendAsync(ClientPackets.Connect(new() { ClientId = "ws", Version = ProtocolVersion.V311, Will = new WillOptions("will", "closed"u8.ToArray()) }));
        await socket.ReceiveAsync(4);

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Eventually.Deadline());

        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
        Assert.Equal("closed", (await observer.ExpectAsync<ServerPacket.Publish>()).Text);
    }

    [Fact]
    public async Task After_disconnect_the_broker_closes_in_order()
    {
        using ClientWebSocket socket = await RawWebSocket.OpenAsync(Http);
        await socket.SendAsync(_connect);
        await socket.ReceiveAsync(4);

        await socket.SendAsync(ClientPackets.Disconnect(ProtocolVersion.V311));

        Assert.Equal(WebSocketCloseStatus.NormalClosure, await socket.CloseStatusAsync());
    }

    [Fact]
    public async Task A_violation_is_told_before_the_end()
    {
        await using WireClient client = await WireClient.OpenWebSocketAsync(Http);
        await client.ConnectAsync(new() { ClientId = "five" });

        await client.SendAsync([0x00, 0x00, .. new byte[100_000]]);

        Assert.Equal(ReasonCode.MalformedPacket, (await client.ExpectAsync<ServerPacket.Disconnect>()).ReasonCode);
        await client.ExpectEndAsync();
    }

    [Fact]
    public async Task A_client_that_sends_no_connect_is_closed_in_time()
    {
        await using RunningBroker hasty = await RunningBroker.StartAsync("--Broker:Limits:ConnectTimeout", "00:00:00.5");
        using ClientWebSocket socket = await RawWebSocket.OpenAsync(hasty.Address("Http"));

        await Eventually.Until("it is gone", async () => await hasty.ConnectionsAsync() == 0);
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(1_000_000)]
    public async Task A_payload_of_any_size_goes_through_in_both_directions(int size)
    {
        byte[] payload = new byte[size];
        new Random(size).NextBytes(payload);
        await using WireClient client = await WireClient.OpenWebSocketAsync(Http);
        await client.ConnectAsync(new() { ClientId = "big" });
        await client.SubscribeAsync("t");

        await client.PublishAsync("t", payload);

        Assert.Equal(payload, (await client.ExpectAsync<ServerPacket.Publish>()).Payload);
    }

    [Fact]
    public async Task A_reader_that_pauses_gets_everything_in_order_when_it_goes_on()
    {
        await using WireClient subscriber = await WireClient.OpenWebSocketAsync(Http);
        await subscriber.ConnectAsync(new() { ClientId = "paused" });
        await subscriber.SubscribeAsync("t");
        await using WireClient publisher = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        for (int i = 0; i < 200; i++)
        {
            byte[] payload = new byte[100_000];
            BitConverter.TryWriteBytes(payload, i);
            await publisher.PublishAsync("t", payload);
        }

        await publisher.PingAsync();

        for (int i = 0; i < 200; i++) Assert.Equal(i, BitConverter.ToInt32((await subscriber.ExpectAsync<ServerPacket.Publish>()).Payload));
    }

    [Fact]
    public async Task Compression_is_not_agreed_upon()
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("mqtt");
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.DangerousDeflateOptions = new WebSocketDeflateOptions();

        await socket.ConnectAsync(new UriBuilder(Http) { Scheme = "ws", Path = "/mqtt" }.Uri, Eventually.Deadline());

        Assert.DoesNotContain("Sec-WebSocket-Extensions", socket.HttpResponseHeaders!.Keys);
    }
}

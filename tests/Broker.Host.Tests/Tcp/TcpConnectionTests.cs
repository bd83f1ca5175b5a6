using System.Net.Sockets;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Tcp;

public abstract class TcpConnectionTests(string driver) : IAsyncLifetime
{
    private RunningBroker _broker = null!; // InitializeAsync

    public async ValueTask InitializeAsync() => _broker = await RunningBroker.StartOverAsync(driver);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_broker is not null) await _broker.DisposeAsync(); // there is none if the test was skipped
    }

    [Fact]
    public async Task Packets_may_come_byte_by_byte()
    {
        await using WireClient client = await _broker.OpenAsync();
        foreach (byte one in ClientPackets.Connect(new() { ClientId = "slow" })) await client.SendAsync(one);

        await client.ExpectAsync<ServerPacket.ConnAck>();
        foreach (byte one in ClientPackets.PingReq()) await client.SendAsync(one);
        await client.ExpectAsync<ServerPacket.PingResp>();
    }

    [Fact]
    public async Task Many_packets_may_come_at_once()
    {
        await using WireClient client = await _broker.OpenAsync();
        byte[] pings = [.. Enumerable.Repeat(ClientPackets.PingReq(), 10_000).SelectMany(ping => ping)];

        Task sending = client.SendAsync([.. ClientPackets.Connect(new() { ClientId = "fast" }), .. pings]);

        await client.ExpectAsync<ServerPacket.ConnAck>();
        for (int i = 0; i < 10_000; i++) await client.ExpectAsync<ServerPacket.PingResp>();
        await sending;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65_530)] // the packet is as long as the receive buffer, one byte shorter and one longer
    [InlineData(65_531)]
    [InlineData(65_532)]
    [InlineData(1_000_000)]
    public async Task A_payload_of_any_size_arrives_as_it_was_sent(int size)
    {
        byte[] payload = new byte[size];
        new Random(size).NextBytes(payload);
        await using WireClient subscriber = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        await subscriber.SubscribeAsync("t");
        await using WireClient publisher = await WireClient.ConnectAsync(_broker.Address("Mqtt"));

        await publisher.PublishAsync("t", payload);

        Assert.Equal(payload, (await subscriber.ExpectAsync<ServerPacket.Publish>()).Payload);
    }

    [Fact]
    public async Task A_reader_that_pauses_gets_everything_in_order_when_it_goes_on()
    {
        await using WireClient subscriber = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        await subscriber.SubscribeAsync("t");
        await using WireClient publisher = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        for (int i = 0; i < 300; i++) // 30 MB: more than sockets buffer, less than a session's queue
        {
            byte[] payload = new byte[100_000];
            BitConverter.TryWriteBytes(payload, i);
            await publisher.PublishAsync("t", payload);
        }

        await publisher.PingAsync();

        for (int i = 0; i < 300; i++)
        {
            byte[] payload = (await subscriber.ExpectAsync<ServerPacket.Publish>()).Payload;
            Assert.Equal((100_000, i), (payload.Length, BitConverter.ToInt32(payload)));
        }

        await subscriber.PingAsync();
    }

    [Fact]
    public async Task A_client_that_asks_and_never_reads_is_not_read_from_and_costs_no_memory()
    {
        await using WireClient client = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        byte[] pings = [.. Enumerable.Repeat(ClientPackets.PingReq(), 100_000).SelectMany(ping => ping)];
        long sent = 0;
        client.Socket.Blocking = false;

        await Eventually.Until("the broker stops reading", () =>
        {
            // A send may end in the middle of a packet: the next one goes on with its second byte.
            int count = client.Socket.Send(pings.AsSpan((int)(sent % 2)), SocketFlags.None, out SocketError error);
            sent += error == SocketError.Success ? count : 0;
            return error == SocketError.WouldBlock && !client.Socket.Poll(500_000, SelectMode.SelectWrite);
        });

        client.Socket.Blocking = true;
        long answered = 0;
        byte[] buffer = new byte[1_000_000];
        CancellationToken deadline = Eventually.Deadline();
        for (int count = 1; count > 0 && answered < sent / 2 * 2; answered += count) count = await client.Stream.ReadAsync(buffer, deadline);
        Assert.Equal(sent / 2 * 2, answered);
    }

    [Fact]
    public async Task The_last_word_arrives_although_more_was_still_being_sent()
    {
        // Bytes that nobody reads any more are answered with a reset by a socket that is simply closed,
        // and the reset can overtake the DISCONNECT.
        for (int round = 0; round < 20; round++)
        {
            await using WireClient client = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
            byte[] invalid = [0x00, 0x00];
            await client.SendAsync([.. invalid, .. new byte[500_000]]);
            await client.SendAsync(new byte[500_000]);

            Assert.Equal(ReasonCode.MalformedPacket, (await client.ExpectAsync<ServerPacket.Disconnect>()).ReasonCode);
            await client.ExpectEndAsync();
        }
    }

    [Fact]
    public async Task A_client_that_hangs_up_is_gone_at_once_and_its_will_is_published()
    {
        await using WireClient observer = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        await observer.SubscribeAsync("will");
        WireClient client = await WireClient.ConnectAsync(_broker.Address("Mqtt"), new() { ClientId = "leaver", Will = new WillOptions("will", "gone"u8.ToArray()) });

        await client.DisposeAsync();

        Assert.Equal("gone", (await observer.ExpectAsync<ServerPacket.Publish>()).Text);
    }

    [Fact]
    public async Task A_reset_is_an_end_like_any_other()
    {
        await using WireClient observer = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        await observer.SubscribeAsync("will");
        WireClient client = await WireClient.ConnectAsync(_broker.Address("Mqtt"), new() { ClientId = "leaver", Will = new WillOptions("will", "reset"u8.ToArray()) });

        client.Socket.LingerState = new LingerOption(true, 0);
        await client.DisposeAsync();

        Assert.Equal("reset", (await observer.ExpectAsync<ServerPacket.Publish>()).Text);
    }

    [Fact]
    public async Task Connections_that_end_in_every_way_leave_nothing_behind()
    {
        Uri address = _broker.Address("Mqtt");
        await Parallel.ForAsync(0, 300, TestContext.Current.CancellationToken, async (i, _) =>
        {
            WireClient client = await WireClient.OpenAsync(address);
            if (i % 6 > 0) await client.ConnectAsync(new() { ClientId = $"c{i % 20}" }); // some take over others
            if (i % 6 == 1) await client.SendAsync(ClientPackets.Disconnect(ProtocolVersion.V5));
            if (i % 6 == 2) await client.SendAsync(0xFF, 0xFF);
            if (i % 6 == 3) client.Socket.LingerState = new LingerOption(true, 0);
            if (i % 6 == 4) client.Socket.Shutdown(SocketShutdown.Send);
            await client.DisposeAsync();
        });

        await Eventually.Until("all are gone", async () => await _broker.ConnectionsAsync() == 0);
    }

    [Fact]
    public async Task The_payload_format_is_checked_where_the_endpoint_says_so()
    {
        await using RunningBroker strict = await RunningBroker.StartOverAsync(driver, "--Broker:Endpoints:Mqtt:ValidatePayloadFormat", "true");
        byte[] publish = ClientPackets.Publish(
            ProtocolVersion.V5, "t", [0xC0, 0x80], QualityOfService.AtLeastOnce, 1, properties: new Properties().PayloadFormatIndicator(1));
        await using WireClient toStrict = await WireClient.ConnectAsync(strict.Address("Mqtt"));
        await using WireClient toLenient = await WireClient.ConnectAsync(_broker.Address("Mqtt"));

        await toStrict.SendAsync(publish);
        await toLenient.SendAsync(publish);

        ServerPacket? refusal = await toStrict.ReceiveAsync();
        ReasonCode? reason = refusal is ServerPacket.PubAck ack ? ack.ReasonCode : (refusal as ServerPacket.Disconnect)?.ReasonCode;
        Assert.Equal(ReasonCode.PayloadFormatInvalid, reason);
        Assert.InRange((byte)(await toLenient.ExpectAsync<ServerPacket.PubAck>()).ReasonCode, (byte)0, (byte)0x7F);
    }
}

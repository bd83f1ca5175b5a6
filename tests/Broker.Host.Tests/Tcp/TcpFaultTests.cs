using System.Diagnostics;
using System.Net.Sockets;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Tcp;

/// <summary>What clients and networks do to a connection.</summary>
public abstract class TcpFaultTests(string driver) : IAsyncLifetime
{
    private RunningBroker _broker = null!; // InitializeAsync

    public async ValueTask InitializeAsync() => _broker = await RunningBroker.StartOverAsync(driver, "--Broker:Tcp:EventLoops", "3");

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_broker is not null) await _broker.DisposeAsync(); // there is none if the test was skipped
    }

    [Fact]
    public async Task A_reader_that_takes_little_at_a_time_gets_every_byte_in_order()
    {
        await using WireClient subscriber = await OpenWithSmallBufferAsync();
        await subscriber.ConnectAsync(new() { ClientId = "slow" });
        await subscriber.SubscribeAsync("t");
        await using WireClient publisher = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        byte[] payload = new byte[50_000];
        for (int i = 0; i < 40; i++)
        {
            payload.AsSpan().Fill((byte)i);
            await publisher.PublishAsync("t", payload);
        }

        await publisher.PingAsync();

        byte[] expected = [.. Enumerable.Range(0, 40).SelectMany(i => Enumerable.Repeat((byte)i, 50_000))];
        var received = new List<byte>();
        while (received.Count < expected.Length + (40 * 8)) // a PUBLISH has 8 bytes before this payload
        {
            byte[] some = new byte[3_000];
            int count = await subscriber.Stream.ReadAsync(some, Eventually.Deadline());
            Assert.NotEqual(0, count);
            received.AddRange(some.AsSpan(0, count));
        }

        byte[] payloads = [.. received.Where((_, at) => at % 50_008 >= 8)];
        Assert.Equal(expected, payloads);
    }

    [Fact]
    public async Task A_client_that_only_closes_its_sending_side_still_gets_its_answers()
    {
        await using WireClient client = await _broker.OpenAsync();

        await client.SendAsync([.. ClientPackets.Connect(new() { ClientId = "half" }), .. ClientPackets.PingReq()]);
        client.Socket.Shutdown(SocketShutdown.Send);

        await client.ExpectAsync<ServerPacket.ConnAck>();
        await client.ExpectAsync<ServerPacket.PingResp>();
        await client.ExpectEndAsync();
        await Eventually.Until("it is gone", async () => await _broker.ConnectionsAsync() == 0);
    }

    [Fact]
    public async Task Clients_that_reset_while_the_broker_sends_to_them_disturb_nobody()
    {
        await using WireClient witness = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        await witness.SubscribeAsync("witness");
        await using WireClient publisher = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        for (int round = 0; round < 10; round++)
        {
            WireClient[] stuck = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => WireClient.ConnectAsync(_broker.Address("Mqtt"))));
            foreach (WireClient client in stuck) await client.SubscribeAsync("flood");
            Task flooding = FloodAsync(publisher, 40);
            foreach (WireClient client in stuck)
            {
                client.Socket.LingerState = new LingerOption(true, 0);
                await client.DisposeAsync();
            }

            await flooding;
        }

        await publisher.PublishAsync("witness", "alive");
        Assert.Equal("alive", (await witness.ExpectAsync<ServerPacket.Publish>()).Text);
        await Eventually.Until("only two are left", async () => await _broker.ConnectionsAsync() == 2);
    }

    [Fact]
    public async Task A_client_that_is_taken_over_while_it_does_not_read_goes_and_the_new_one_is_served()
    {
        await using WireClient old = await WireClient.ConnectAsync(_broker.Address("Mqtt"), new() { ClientId = "same" });
        await old.SubscribeAsync("flood");
        await using WireClient publisher = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        await FloodAsync(publisher, 200);

        await using WireClient young = await WireClient.ConnectAsync(_broker.Address("Mqtt"), new() { ClientId = "same" });

        await young.PingAsync();
        await Eventually.Until("the old one is cut off", async () => await _broker.ConnectionsAsync() == 2);
    }

    [Fact]
    public async Task Publishers_and_subscribers_of_different_loops_lose_and_reorder_nothing()
    {
        const int Pairs = 12;
        const int Messages = 2_000;

        await Parallel.ForAsync(0, Pairs, new ParallelOptions { MaxDegreeOfParallelism = Pairs, CancellationToken = TestContext.Current.CancellationToken }, async (pair, _) =>
        {
            await using WireClient subscriber = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
            await subscriber.SubscribeAsync($"pair/{pair}", QualityOfService.AtLeastOnce);
            await using WireClient publisher = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
            for (int i = 0; i < Messages; i += 100)
            {
                await publisher.SendAsync([.. Enumerable.Range(i, 100).SelectMany(n => ClientPackets.Publish(ProtocolVersion.V5, $"pair/{pair}", $"{n}"))]);
            }

            for (int i = 0; i < Messages; i++) Assert.Equal($"{i}", (await subscriber.ExpectAsync<ServerPacket.Publish>()).Text);
        });
    }

    [Fact]
    public async Task A_subscriber_to_changes_that_reads_gets_every_one_wherever_its_loop_is()
    {
        const int Rounds = 30;
        const int Values = 100; // little enough to be no pause at all, however slowly the machine reads
        await using WireClient publisher = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        WireClient[] subscribers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => WireClient.ConnectAsync(_broker.Address("Mqtt"))));
        foreach (WireClient subscriber in subscribers) await subscriber.SubscribeAsync("$changes/t");

        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < Values; i++) await publisher.PublishAsync("t", $"{round}/{i}");
            foreach (WireClient subscriber in subscribers)
            {
                for (int i = 0; i < Values; i++) Assert.Equal($"{round}/{i}", (await subscriber.ExpectAsync<ServerPacket.Publish>()).Text);
            }
        }

        foreach (WireClient subscriber in subscribers) await subscriber.DisposeAsync();
    }

    [Fact]
    public async Task A_flood_of_one_client_does_not_starve_another()
    {
        await using WireClient flooder = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        using var stop = new CancellationTokenSource();
        byte[] pings = [.. Enumerable.Repeat(ClientPackets.Publish(ProtocolVersion.V5, "nobody", "x"), 5_000).SelectMany(one => one)];
        Task flooding = Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested) await flooder.SendAsync(pings);
            },
            TestContext.Current.CancellationToken);

        for (int i = 0; i < 6; i++) // one on each loop, and again
        {
            await using WireClient other = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
            await other.PingAsync();
        }

        await stop.CancelAsync();
        await flooding;
    }

    [Fact]
    public async Task The_broker_stops_in_time_while_it_sends_and_receives()
    {
        await using WireClient subscriber = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        await subscriber.SubscribeAsync("t");
        await using WireClient publisher = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        int sent = 0;
        Task publishing = Task.Run(
            async () =>
            {
                try
                {
                    while (true) await publisher.PublishAsync("t", $"{sent++}");
                }
                catch (IOException e)
                {
                    Assert.NotNull(e); // the broker closed it
                }
            },
            TestContext.Current.CancellationToken);
        for (int i = 0; i < 100; i++) Assert.Equal($"{i}", (await subscriber.ExpectAsync<ServerPacket.Publish>()).Text);

        var watch = Stopwatch.StartNew();
        Task stopping = _broker.StopAsync();

        ServerPacket? packet;
        int next = 100;
        while ((packet = await subscriber.ReceiveAsync()) is ServerPacket.Publish publish) Assert.Equal($"{next++}", publish.Text);
        Assert.Equal(ReasonCode.ServerShuttingDown, Assert.IsType<ServerPacket.Disconnect>(packet).ReasonCode);
        await stopping.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        await publishing;
    }

    [Fact]
    public async Task The_broker_stops_at_once_while_a_fleet_is_still_connecting()
    {
        Task[] connecting = [.. Enumerable.Range(0, 100).Select(i => Task.Run(
            async () =>
            {
                try
                {
                    await using WireClient client = await _broker.OpenAsync();
                    await client.SendAsync(ClientPackets.Connect(new() { ClientId = $"c{i}" }));
                    while (await client.ReceiveAsync() is not null) continue;
                }
                catch (Exception e) when (e is SocketException or IOException)
                {
                    Assert.NotNull(e); // it came too late
                }
            },
            TestContext.Current.CancellationToken))];
        await Eventually.Until("the first are there", async () => await _broker.ConnectionsAsync() > 0);

        await _broker.StopAsync();

        await Task.WhenAll(connecting).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken); // each was told, or refused
    }

    private static async Task FloodAsync(WireClient publisher, int count)
    {
        for (int i = 0; i < count; i++) await publisher.PublishAsync("flood", new byte[100_000]);
        await publisher.PingAsync();
    }

    private async Task<WireClient> OpenWithSmallBufferAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
        Uri address = _broker.Address("Mqtt");
        await socket.ConnectAsync(address.Host, address.Port, Eventually.Deadline());
        return new WireClient(new NetworkStream(socket, ownsSocket: true), socket);
    }
}

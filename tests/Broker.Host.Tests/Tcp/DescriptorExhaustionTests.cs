using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Tcp;

public sealed class DescriptorExhaustionTests
{
    private const string Prlimit = "/usr/bin/prlimit";
    private static readonly string[] _lowered = [Prlimit, "--nofile=400:400"];

    [Theory]
    [InlineData("Epoll")]
    [InlineData("Sockets")]
    public async Task More_clients_than_descriptors_are_refused_and_the_broker_lives(string driver)
    {
        Assert.SkipUnless(File.Exists(Prlimit), "prlimit is not here."); // which is only on Linux
        await using BrokerProcess broker = Launch(driver, _lowered);
        await broker.ReadyAsync();
        await Eventually.Until("the log says that it is less", () => broker.Error.Contains(" MQTT connections instead of 100000: this process may open 400 files", StringComparison.Ordinal));
        await using WireClient early = await WireClient.ConnectAsync(broker.Address("Mqtt"));
        var clients = new List<WireClient>();

        for (int i = 0; i < 600; i++) clients.Add(await WireClient.OpenAsync(broker.Address("Mqtt")));

        await clients[^1].ExpectEndAsync();
        await early.PingAsync();
        using var http = new HttpClient();
        Assert.True((await http.GetAsync(broker.Http("/healthz"), Eventually.Deadline())).IsSuccessStatusCode);
        foreach (WireClient client in clients) await client.DisposeAsync();
        await Eventually.Until("there is room again", async () => await TryPingAsync(broker));
    }

    [Theory]
    [InlineData("Epoll")]
    [InlineData("Sockets")]
    public async Task When_the_system_has_no_descriptor_left_the_door_stays_open_and_does_not_spin(string driver)
    {
        Assert.SkipUnless(File.Exists(Prlimit), "prlimit is not here."); // which is only on Linux
        await using BrokerProcess broker = BrokerProcess.Launch(
            ["--Broker:Tcp:Driver", driver, "--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:0", "--Broker:Endpoints:Http:Url", ""],
            new Dictionary<string, string> { ["DOTNET_TieredCompilation"] = "0" }); // its threads start late, and need descriptors
        await broker.ReadyAsync();
        await using WireClient early = await WireClient.ConnectAsync(broker.Address("Mqtt"));
        int open = await SettledDescriptorsAsync(broker.Process.Id);
        await PrlimitAsync(broker.Process.Id, open);

        TimeSpan before = Processor(broker);
        var watch = Stopwatch.StartNew();
        var clients = new List<WireClient>();
        for (int i = 0; i < 20; i++) clients.Add(await WireClient.OpenAsync(broker.Address("Mqtt")));
        await clients[0].ExpectEndAsync(); // the spare descriptor takes it and lets it go
        await Eventually.Until("all are refused", () => clients.TrueForAll(client => client.Socket.Poll(0, SelectMode.SelectRead)));

        await early.PingAsync();
        Assert.InRange(Processor(broker) - before, TimeSpan.Zero, watch.Elapsed / 2 + TimeSpan.FromMilliseconds(500));
        Assert.Equal(2, broker.Error.Split("cannot take connections", StringSplitOptions.None).Length);
        await PrlimitAsync(broker.Process.Id, open + 500);
        await Eventually.Until("there is room again", async () => await TryPingAsync(broker));
        foreach (WireClient client in clients) await client.DisposeAsync();
    }

    private static BrokerProcess Launch(string driver, IReadOnlyList<string> launcher) => BrokerProcess.Launch(
        ["--Broker:Tcp:Driver", driver, "--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:0", "--Broker:Endpoints:Http:Url", "http://127.0.0.1:0"], launcher: launcher);

    // Once the runtime opens nothing more by itself: it ends the process when it cannot.
    private static async Task<int> SettledDescriptorsAsync(int process)
    {
        int open = 0;
        int same = 0;
        await Eventually.Until("its descriptors stay the same", () =>
        {
            int now = Directory.GetFileSystemEntries($"/proc/{process}/fd").Length;
            same = now == open ? same + 1 : 0;
            open = now;
            return same > 25;
        });
        return open;
    }

    private static TimeSpan Processor(BrokerProcess broker)
    {
        broker.Process.Refresh();
        return broker.Process.TotalProcessorTime;
    }

    private static async Task PrlimitAsync(int process, int limit)
    {
        using var prlimit = Process.Start(Prlimit, [$"--pid={process.ToString(CultureInfo.InvariantCulture)}", $"--nofile={limit.ToString(CultureInfo.InvariantCulture)}:"]);
        await prlimit.WaitForExitAsync(Eventually.Deadline());
        Assert.Equal(0, prlimit.ExitCode);
    }

    private static async Task<bool> TryPingAsync(BrokerProcess broker)
    {
        try
        {
            await using WireClient client = await WireClient.ConnectAsync(broker.Address("Mqtt"));
            await client.PingAsync();
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            return false;
        }
    }
}

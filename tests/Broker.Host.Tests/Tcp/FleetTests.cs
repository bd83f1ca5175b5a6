using System.Net.Sockets;
using Broker.Host.Endpoints;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Tcp;

/// <summary>Many connections at once.</summary>
public sealed class FleetTests
{
    private const int Count = 5_000;

    [Theory]
    [InlineData("Epoll")]
    [InlineData("Sockets")]
    public async Task Thousands_connect_at_once_are_all_answered_and_leave_nothing_behind(string driver)
    {
        Assert.SkipUnless(DescriptorLimit.Raise() is null or > Count + 1_000, "This process may not open so many sockets.");
        await using BrokerProcess broker = await BrokerProcess.StartOverAsync(driver);
        Uri address = broker.Address("Mqtt");
        var sockets = new Socket[Count];
        byte[][] answers = new byte[Count][];

        await Parallel.ForAsync(0, Count, new ParallelOptions { MaxDegreeOfParallelism = 200, CancellationToken = TestContext.Current.CancellationToken }, async (i, token) =>
        {
            sockets[i] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await sockets[i].ConnectAsync(address.Host, address.Port, token);
            await sockets[i].SendAsync(ClientPackets.Connect(new() { ClientId = $"c{i}" }), token);
            answers[i] = new byte[4];
            await sockets[i].ReceiveAsync(answers[i], token);
        });

        Assert.All(answers, answer => Assert.Equal((0x20, 0), (answer[0], answer[3]))); // CONNACK, success
        await Parallel.ForAsync(0, Count, TestContext.Current.CancellationToken, async (i, token) =>
        {
            await sockets[i].SendAsync(ClientPackets.PingReq(), token);
            byte[] rest = new byte[200];
            int seen = 0;
            while (seen < 2 || rest[seen - 2] != 0xD0) seen += await sockets[i].ReceiveAsync(rest.AsMemory(seen), token); // after what is left of CONNACK
        });
        int open = Descriptors(broker);
        foreach (Socket socket in sockets) socket.Dispose();
        if (OperatingSystem.IsLinux()) await Eventually.Until("their descriptors are given back", () => Descriptors(broker) < open - Count + 100);
        await using WireClient late = await WireClient.ConnectAsync(address);
        await late.PingAsync();
    }

    private static int Descriptors(BrokerProcess broker) => OperatingSystem.IsLinux() ? Directory.GetFileSystemEntries($"/proc/{broker.Process.Id}/fd").Length : 0;
}

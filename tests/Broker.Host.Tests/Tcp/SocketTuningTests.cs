using System.Net;
using System.Net.Sockets;
using Broker.Core.Protocol;
using Broker.Host.Endpoints;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Tcp;

public sealed class SocketTuningTests
{
    [Fact]
    public async Task Accepted_sockets_have_what_their_listener_has()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        SocketTuning.Prepare(listener);
        listener.Listen();
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!, Eventually.Deadline());

        using Socket accepted = await listener.AcceptAsync(Eventually.Deadline());
        SocketTuning.Tune(accepted);

        Assert.True(accepted.NoDelay);
        Assert.NotEqual(0, accepted.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
        Assert.Equal(60, accepted.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime));
        Assert.Equal(10, accepted.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval));
        Assert.Equal(3, accepted.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount));
        if (!OperatingSystem.IsLinux()) return;
        byte[] userTimeout = new byte[4];
        accepted.GetRawSocketOption(6, 18, userTimeout);
        Assert.Equal(30_000, BitConverter.ToInt32(userTimeout));
    }

    [Fact]
    public async Task Who_is_sent_changes_only_has_little_that_waits_in_the_system()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux bounds what waits unsent");
        const int Values = 400;
        const int ValueBytes = 16_384;
        await using RunningBroker broker = await RunningBroker.StartAsync();
        await using WireClient subscriber = await WireClient.ConnectAsync(broker.Address("Mqtt"));
        await subscriber.SubscribeAsync("$changes/t");
        await using WireClient publisher = await WireClient.ConnectAsync(broker.Address("Mqtt"));

        for (int i = 1; i <= Values; i++)
        {
            await publisher.SendAsync(ClientPackets.Publish(ProtocolVersion.V5, "t", $"{i}".PadRight(ValueBytes), QualityOfService.AtLeastOnce, (ushort)i));
            await publisher.ExpectAsync<ServerPacket.PubAck>();
        }

        int received = 1;
        while ((await subscriber.ExpectAsync<ServerPacket.Publish>()).Text.TrimEnd() != $"{Values}") received++;

        Assert.InRange(received * ValueBytes, ValueBytes, 1_500_000); // what both systems' buffers held when it did not read; else it is some MB
    }

    [Theory]
    [InlineData("[::ffff:192.0.2.1]:5", "192.0.2.1:5")]
    [InlineData("[2001:db8::1]:5", "[2001:db8::1]:5")]
    [InlineData("192.0.2.1:5", "192.0.2.1:5")]
    public void A_peer_is_named_as_people_write_it(string peer, string readable)
    {
        Assert.Equal(readable, $"{SocketTuning.Readable(IPEndPoint.Parse(peer))}");
    }

    [Fact]
    public void Ending_a_socket_that_is_gone_is_no_error()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        Assert.False(SocketTuning.TryShutdown(socket, SocketShutdown.Both));

        socket.Dispose();

        Assert.False(SocketTuning.TryShutdown(socket, SocketShutdown.Both));
        Assert.False(SocketTuning.TryReset(socket));
    }
}

using System.Net;
using System.Net.Sockets;
using Broker.Host.Endpoints;
using Broker.Host.Tests.Harness;

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

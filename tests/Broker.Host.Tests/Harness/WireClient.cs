using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using Broker.Core.Protocol;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Harness;

/// <summary>A client that speaks bytes over a real connection.</summary>
internal sealed class WireClient(Stream stream, Socket? socket = null) : IAsyncDisposable
{
    private readonly List<byte> _received = [];
    private ProtocolVersion _version = ProtocolVersion.V5;

    public Stream Stream => stream;

    public Socket Socket => socket!; // every client that was opened has one

    /// <summary>Opens a connection; nothing is sent yet.</summary>
    /// <param name="address">mqtt:// or mqtts://</param>
    /// <param name="certificate">What the client shows, over TLS.</param>
    /// <param name="receiveBytes">The size of its receive buffer; 0 for what the system gives it.</param>
    public static async Task<WireClient> OpenAsync(Uri address, X509Certificate2? certificate = null, int receiveBytes = 0)
    {
        Socket socket = await OpenSocketAsync(address.Host, address.Port, receiveBytes, Eventually.Deadline());
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        if (address.Scheme == "mqtts")
        {
            var tls = new SslStream(stream, leaveInnerStreamOpen: false);
            SslClientAuthenticationOptions options = TestCertificates.ClientOptions();
            if (certificate is not null) options.ClientCertificates = [certificate];
            await tls.AuthenticateAsClientAsync(options, Eventually.Deadline());
            stream = tls;
        }

        return new WireClient(stream, socket);
    }

    /// <summary>Opens a WebSocket.</summary>
    public static async Task<WireClient> OpenWebSocketAsync(Uri address, X509Certificate2? certificate = null, int receiveBytes = 0)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("mqtt");
        Socket? tcp = null;
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellationToken) =>
                new NetworkStream(tcp = await OpenSocketAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, receiveBytes, cancellationToken), ownsSocket: true),
        };
        handler.SslOptions.RemoteCertificateValidationCallback = TestCertificates.IsTestCertificate;
        if (certificate is not null) handler.SslOptions.ClientCertificates = [certificate];
        var builder = new UriBuilder(address) { Scheme = address.Scheme == "https" ? "wss" : "ws", Path = "/mqtt" };
        await socket.ConnectAsync(builder.Uri, new HttpMessageInvoker(handler, disposeHandler: false), Eventually.Deadline());
        return new WireClient(WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: true), tcp);
    }

    private static async Task<Socket> OpenSocketAsync(string host, int port, int receiveBytes, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBytes > 0) socket.ReceiveBufferSize = receiveBytes; // before it connects: the window is agreed upon then
        await socket.ConnectAsync(host, port, cancellationToken);
        return socket;
    }

    /// <summary>Opens a connection and connects.</summary>
    public static async Task<WireClient> ConnectAsync(Uri address, ConnectOptions? options = null)
    {
        WireClient client = await OpenAsync(address);
        await client.ConnectAsync(options ?? new ConnectOptions { ClientId = $"client-{Guid.NewGuid():N}" });
        return client;
    }

    /// <summary>Sends CONNECT and gives the answer, whatever it is.</summary>
    public async Task<ServerPacket.ConnAck> AskAsync(ConnectOptions options)
    {
        _version = options.Version;
        await SendAsync(ClientPackets.Connect(options));
        return await ExpectAsync<ServerPacket.ConnAck>();
    }

    /// <summary>Sends CONNECT and wants a yes.</summary>
    public async Task<ServerPacket.ConnAck> ConnectAsync(ConnectOptions options)
    {
        ServerPacket.ConnAck answer = await AskAsync(options);
        Assert.Equal(ReasonCode.Success, answer.ReasonCode);
        return answer;
    }

    public async Task SubscribeAsync(string filter, QualityOfService qos = QualityOfService.AtMostOnce)
    {
        await SendAsync(ClientPackets.Subscribe(_version, 1, filter, qos));
        await ExpectAsync<ServerPacket.SubAck>();
    }

    public Task PublishAsync(string topic, byte[] payload) => SendAsync(ClientPackets.Publish(_version, topic, payload));

    public Task PublishAsync(string topic, string payload) => SendAsync(ClientPackets.Publish(_version, topic, payload));

    public async Task SendAsync(params byte[] bytes)
    {
        await stream.WriteAsync(bytes, Eventually.Deadline());
        await stream.FlushAsync(Eventually.Deadline());
    }

    /// <summary>The next packet must be of this kind.</summary>
    public async Task<T> ExpectAsync<T>()
        where T : ServerPacket
    {
        ServerPacket? packet = await ReceiveAsync();
        if (packet is T expected) return expected;
        throw new InvalidOperationException($"Expected {typeof(T).Name}, got {packet?.ToString() ?? "the end of the connection"}");
    }

    /// <summary>The next packet; null at the end of the connection.</summary>
    public async Task<ServerPacket?> ReceiveAsync()
    {
        byte[] buffer = new byte[65_536];
        while (true)
        {
            ServerPacket? packet = ServerPackets.Decode([.. _received], _version == ProtocolVersion.V5, out int consumed);
            _received.RemoveRange(0, consumed);
            if (packet is not null) return packet;
            int count = await stream.ReadAsync(buffer, Eventually.Deadline());
            if (count == 0) return null;
            _received.AddRange(buffer.AsSpan(0, count));
        }
    }

    /// <summary>The broker must end the connection without another packet; whether in order or by a reset does not matter.</summary>
    public async Task ExpectEndAsync()
    {
        try
        {
            ServerPacket? packet = await ReceiveAsync();
            Assert.True(packet is null, $"Expected the end of the connection, got {packet}");
        }
        catch (IOException)
        {
            Assert.Empty(_received);
        }
    }

    /// <summary>The connection lives: a ping is answered.</summary>
    public async Task PingAsync()
    {
        await SendAsync(ClientPackets.PingReq());
        await ExpectAsync<ServerPacket.PingResp>();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await stream.DisposeAsync();
        }
        catch (Exception e) when (e is IOException or WebSocketException)
        {
            Assert.NotNull(e); // the broker was faster
        }
    }
}

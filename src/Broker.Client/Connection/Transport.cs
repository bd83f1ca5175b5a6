using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;

namespace Broker.Client.Connection;

/// <summary>Opens the stream of bytes that MQTT travels on.</summary>
internal static class Transport
{
    /// <summary>Opens a connection.</summary>
    /// <param name="address">Where to.</param>
    /// <param name="tls">TLS settings; null: the system's rules.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static Task<Stream> OpenAsync(BrokerAddress address, SslClientAuthenticationOptions? tls, CancellationToken cancellationToken) =>
        address.WebSocket ? OpenWebSocketAsync(address, tls, cancellationToken) : OpenTcpAsync(address.Host, address.TcpPort, address.Tls ? WithHost(tls, address.Host) : null, cancellationToken);

    private static async Task<Stream> OpenTcpAsync(string host, int port, SslClientAuthenticationOptions? tls, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (tls is null) return stream;
            var secure = new SslStream(stream, leaveInnerStreamOpen: false);
            stream = secure;
            await secure.AuthenticateAsClientAsync(tls, cancellationToken).ConfigureAwait(false);
            return secure;
        }
        catch
        {
            if (stream is null) socket.Dispose();
            else await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<Stream> OpenWebSocketAsync(BrokerAddress address, SslClientAuthenticationOptions? tls, CancellationToken cancellationToken)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol("mqtt");
            SslClientAuthenticationOptions own = WithHost(tls, address.Host);
            using var handler = new SocketsHttpHandler
            {
                SslOptions = own,
                ConnectCallback = async (context, token) =>
                {
                    // To the broker itself, TLS as below MQTT: the handler would check the address's host instead of the one that was asked for.
                    bool isDirect = context.DnsEndPoint.Host == address.Host && context.DnsEndPoint.Port == address.TcpPort;
                    return await OpenTcpAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, isDirect && address.Tls ? own : null, token).ConfigureAwait(false);
                },
            };
            using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
            await socket.ConnectAsync(address.Uri, invoker, cancellationToken).ConfigureAwait(false);
            return WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static SslClientAuthenticationOptions WithHost(SslClientAuthenticationOptions? tls, string host) => new()
    {
        TargetHost = tls?.TargetHost ?? host,
        ClientCertificates = tls?.ClientCertificates,
        ClientCertificateContext = tls?.ClientCertificateContext,
        LocalCertificateSelectionCallback = tls?.LocalCertificateSelectionCallback,
        RemoteCertificateValidationCallback = tls?.RemoteCertificateValidationCallback,
        CertificateChainPolicy = tls?.CertificateChainPolicy,
        CertificateRevocationCheckMode = tls?.CertificateRevocationCheckMode ?? default,
        EnabledSslProtocols = tls?.EnabledSslProtocols ?? default,
        EncryptionPolicy = tls?.EncryptionPolicy ?? EncryptionPolicy.RequireEncryption,
        CipherSuitesPolicy = tls?.CipherSuitesPolicy,
    };
}

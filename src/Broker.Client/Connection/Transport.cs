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
        address.WebSocket ? OpenWebSocketAsync(address, tls, cancellationToken) : OpenTcpAsync(address, tls, cancellationToken);

    private static async Task<Stream> OpenTcpAsync(BrokerAddress address, SslClientAuthenticationOptions? tls, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(address.Host, address.TcpPort, cancellationToken).ConfigureAwait(false);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (!address.Tls) return stream;
            var secure = new SslStream(stream, leaveInnerStreamOpen: false);
            stream = secure;
            await secure.AuthenticateAsClientAsync(WithHost(tls, address.Host), cancellationToken).ConfigureAwait(false);
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
            using var handler = new SocketsHttpHandler { SslOptions = WithHost(tls, address.Host) };
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

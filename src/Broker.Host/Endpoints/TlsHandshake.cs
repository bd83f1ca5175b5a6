using System.Net.Security;
using System.Security.Authentication;
using Broker.Host.Configuration;

namespace Broker.Host.Endpoints;

/// <summary>How an endpoint shakes hands: TLS 1.2 or newer, with its certificate and the intermediates.</summary>
internal sealed class TlsHandshake(ServerCertificate certificate)
{
    /// <summary>The protocol versions spoken.</summary>
    public const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    // One context for all connections, so that sessions can be resumed; offline, so that nothing waits for the network.
    private readonly SslServerAuthenticationOptions _options = new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(certificate.Leaf, certificate.Intermediates, offline: true),
        EnabledSslProtocols = Protocols,
        AllowRenegotiation = false,
    };

    /// <summary>Shakes hands as the server.</summary>
    public Task RunAsync(SslStream stream) => stream.AuthenticateAsServerAsync(_options);
}

using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Broker.Core.Security;
using Broker.Host.Configuration;
using Broker.Host.Security;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Endpoints;

/// <summary>
/// How an endpoint shakes hands: TLS 1.2 or newer, with its certificate and the intermediates, and whatever it wants to see of the
/// client. The certificates can be replaced; connections that are there live on.
/// </summary>
/// <remarks>Threading: any thread.</remarks>
internal sealed class TlsHandshake
{
    /// <summary>The protocol versions spoken.</summary>
    public const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    private readonly string _endpoint;
    private readonly CertificateDemand _demand;
    private readonly bool _isHttp;
    private readonly HandshakeGate _gate;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile State _state;

    /// <summary>Prepares an endpoint's handshakes; it has a certificate.</summary>
    public TlsHandshake(ConfiguredEndpoint endpoint, HandshakeGate gate, TimeSpan patience, TimeProvider time, ILogger logger)
    {
        _endpoint = endpoint.Name;
        Url = endpoint.Options.Url;
        _demand = endpoint.Options.ClientCertificates;
        _isHttp = endpoint.Url.IsHttp;
        _gate = gate;
        Patience = patience;
        _time = time;
        _logger = logger;
        _state = CreateState(endpoint.Certificate!, endpoint.ClientCertificates); // an encrypted endpoint has one
    }

    /// <summary>What the next connection is offered.</summary>
    public SslServerAuthenticationOptions Options => _state.Options;

    /// <summary>Where the endpoint listens, as it is configured.</summary>
    public string Url { get; }

    /// <summary>Whether client certificates are asked for; it does not change.</summary>
    public CertificateDemand Demand => _demand;

    /// <summary>How long a handshake may take.</summary>
    public TimeSpan Patience { get; }

    /// <summary>The endpoint's certificate.</summary>
    public ServerCertificate Certificate => _state.Certificate;

    /// <summary>Which client certificates are taken; null where none is asked for.</summary>
    public ClientCertificateRules? Clients => _state.Clients;

    /// <summary>Takes new certificates for the connections to come.</summary>
    public void Use(ServerCertificate certificate, ClientCertificateRules? clients) => _state = CreateState(certificate, clients);

    /// <summary>Waits until there is room for one more handshake.</summary>
    /// <returns>To be disposed when it is over; null where there was no room in time.</returns>
    public ValueTask<IDisposable?> EnterAsync(EndPoint? remote) => _gate.EnterAsync(remote, Patience);

    /// <summary>Shakes hands as the server, and says who the client is by its certificate, or null.</summary>
    /// <exception cref="AuthenticationException">The client cannot be talked to, or may not; or there was no room in time.</exception>
    public async Task<ProvenIdentity?> RunAsync(SslStream stream, EndPoint? remote)
    {
        using IDisposable place = await EnterAsync(remote) ?? throw new AuthenticationException("Too many TLS handshakes are under way (Limits:TlsHandshakes)");
        State state = _state;
        await stream.AuthenticateAsServerAsync(state.Options);
        return TryIdentify(state, stream.RemoteCertificate, out ProvenIdentity? identity)
            ? identity
            : throw new AuthenticationException("The client certificate does not hold any more");
    }

    /// <summary>Who shows this certificate on a connection whose handshake is over.</summary>
    /// <param name="certificate">The certificate, or null.</param>
    /// <param name="identity">Who it is; null without one.</param>
    /// <returns>False where it does not hold any more, or none is there and one is required.</returns>
    public bool TryIdentify(X509Certificate2? certificate, out ProvenIdentity? identity) => TryIdentify(_state, certificate, out identity);

    private State CreateState(ServerCertificate certificate, ClientCertificateRules? clients)
    {
        // One context for all connections, so that sessions can be resumed; offline, so that nothing waits for the network.
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate.Leaf, certificate.Intermediates, offline: true),
            EnabledSslProtocols = Protocols,
            AllowRenegotiation = false,
        };
        if (_isHttp) options.ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];
        if (clients is not null)
        {
            options.ClientCertificateRequired = true; // asked for; whether one has to come is decided below
            options.AllowTlsResume = false; // every connection is checked by what holds now
            options.CertificateChainPolicy = clients.CreatePolicy();
            options.RemoteCertificateValidationCallback = (_, shown, chain, errors) => IsAccepted(clients, shown, chain, errors);
        }

        return new State(options, certificate, clients);
    }

    private bool IsAccepted(ClientCertificateRules clients, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors)
    {
        if (shown is not X509Certificate2 certificate) return _demand == CertificateDemand.Allow && shown is null;
        if (clients.Identify(certificate, chain, errors, _time.GetUtcNow(), out string? fault) is not null) return true;
        HostLog.CertificateRefused(_logger, _endpoint, certificate.SerialNumber, fault ?? "");
        return false;
    }

    private bool TryIdentify(State state, X509Certificate? shown, out ProvenIdentity? identity)
    {
        identity = null;
        if (state.Clients is null) return true; // nobody asked for one
        if (shown is null) return _demand != CertificateDemand.Require;
        identity = shown is X509Certificate2 certificate ? state.Clients.IdentifyAgain(certificate, _time.GetUtcNow()) : null;
        return identity is not null;
    }

    private sealed record State(SslServerAuthenticationOptions Options, ServerCertificate Certificate, ClientCertificateRules? Clients);
}

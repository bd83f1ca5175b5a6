using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Broker.Core.Connections;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Host.Configuration;
using Broker.Host.Security;
using Microsoft.AspNetCore.Connections;
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
    private readonly IAudit _audit;
    private readonly ILogger _logger;
    private volatile State _state;

    /// <summary>Prepares an endpoint's handshakes; it has a certificate.</summary>
    public TlsHandshake(ConfiguredEndpoint endpoint, HandshakeGate gate, TimeSpan patience, TimeProvider time, IAudit audit, ILogger logger)
    {
        _endpoint = endpoint.Name;
        Url = endpoint.Options.Url;
        _demand = endpoint.Options.ClientCertificates;
        _isHttp = endpoint.Url.IsHttp;
        _gate = gate;
        Patience = patience;
        _time = time;
        _audit = audit;
        _logger = logger;
        _state = CreateState(endpoint.Certificate!, endpoint.ClientCertificates); // an encrypted endpoint has one
    }

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

    /// <summary>What the next connection is offered.</summary>
    /// <param name="remote">Whose it is, to be told where its certificate is refused.</param>
    public SslServerAuthenticationOptions OptionsFor(EndPoint? remote) => OptionsFor(_state, remote);

    /// <summary>A connection of the web server's has come: from now on its handshake has to be over in time.</summary>
    public PendingHandshake Begin(ConnectionContext connection) => new(connection, Patience, _time);

    /// <summary>Waits until there is room for one more handshake.</summary>
    /// <returns>To be disposed when it is over; null where there was no room in time.</returns>
    public ValueTask<IDisposable?> EnterAsync(EndPoint? remote) => _gate.EnterAsync(remote, Patience);

    /// <summary>Shakes hands as the server, and says who the client is by its certificate, or null.</summary>
    /// <exception cref="AuthenticationException">The client cannot be talked to, or may not; or there was no room in time.</exception>
    public async Task<ProvenIdentity?> RunAsync(SslStream stream, EndPoint? remote)
    {
        using IDisposable place = await EnterAsync(remote) ?? throw new AuthenticationException("Too many TLS handshakes are under way (Limits:TlsHandshakes)");
        State state = _state;
        await stream.AuthenticateAsServerAsync(OptionsFor(state, remote));
        return TryIdentify(state, stream.RemoteCertificate, out ProvenIdentity? identity)
            ? identity
            : throw new AuthenticationException("The client certificate does not hold any more");
    }

    /// <summary>Who shows this certificate on a connection whose handshake is over.</summary>
    /// <param name="certificate">The certificate, or null.</param>
    /// <param name="identity">Who it is; null without one.</param>
    /// <returns>False where it does not hold any more, or none is there and one is required.</returns>
    public bool TryIdentify(X509Certificate2? certificate, out ProvenIdentity? identity) => TryIdentify(_state, certificate, out identity);

    // One context for all connections, so that sessions can be resumed; offline, so that nothing waits for the network.
    private State CreateState(ServerCertificate certificate, ClientCertificateRules? clients)
    {
        var context = SslStreamCertificateContext.Create(certificate.Leaf, certificate.Intermediates, offline: true);
        return new State(context, CreateOptions(context), certificate, clients);
    }

    private SslServerAuthenticationOptions CreateOptions(SslStreamCertificateContext context)
    {
        var options = new SslServerAuthenticationOptions { ServerCertificateContext = context, EnabledSslProtocols = Protocols, AllowRenegotiation = false };
        if (_isHttp) options.ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];
        return options;
    }

    private SslServerAuthenticationOptions OptionsFor(State state, EndPoint? remote)
    {
        if (state.Clients is not { } clients) return state.Options;
        SslServerAuthenticationOptions options = CreateOptions(state.Context);
        options.ClientCertificateRequired = true; // asked for; whether one has to come is decided below
        options.AllowTlsResume = false; // every connection is checked by what holds now
        options.CertificateChainPolicy = clients.CreatePolicy();
        options.RemoteCertificateValidationCallback = (_, shown, chain, errors) => IsAccepted(clients, remote, shown, chain, errors);
        return options;
    }

    private bool IsAccepted(ClientCertificateRules clients, EndPoint? remote, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors)
    {
        if (shown is not X509Certificate2 certificate)
        {
            if (_demand == CertificateDemand.Allow && shown is null) return true;
            _audit.Refused(Connection(remote), null, ReasonCode.NotAuthorized, "It showed no client certificate");
            return false;
        }

        if (clients.Identify(certificate, chain, errors, _time.GetUtcNow(), out string? fault) is not null) return true;
        HostLog.CertificateRefused(_logger, _endpoint, certificate.SerialNumber, fault ?? "");
        _audit.Refused(Connection(remote), null, ReasonCode.NotAuthorized, $"Client certificate {certificate.SerialNumber} ({certificate.Subject}): {fault}");
        return false;
    }

    private ConnectionInfo Connection(EndPoint? remote) => new(_endpoint, TransportKind.Tls, remote);

    private bool TryIdentify(State state, X509Certificate? shown, out ProvenIdentity? identity)
    {
        identity = null;
        if (state.Clients is null) return true; // nobody asked for one
        if (shown is null) return _demand != CertificateDemand.Require;
        identity = shown is X509Certificate2 certificate ? state.Clients.IdentifyAgain(certificate, _time.GetUtcNow()) : null;
        return identity is not null;
    }

    private sealed record State(SslStreamCertificateContext Context, SslServerAuthenticationOptions Options, ServerCertificate Certificate, ClientCertificateRules? Clients);
}

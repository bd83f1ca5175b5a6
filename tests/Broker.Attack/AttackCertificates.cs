using System.Net.Security;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Broker.Attack;

/// <summary>Certificates, made when they are needed and never kept: an authority's, the broker's, and those that attackers show.</summary>
internal sealed class AttackCertificates
{
    /// <summary>What an attacker has that has no certificate.</summary>
    public const string None = "none";

    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string NobodysExtension = "1.3.6.1.4.1.55555.1"; // not critical, so that whoever does not know it goes on
    private const int LargeBytes = 256 * 1_024; // of each certificate of the large chain
    private const int LargeChain = 4;
    private const string ServerName = "localhost";
    private const string AuthorityName = "attack authority";
    private static readonly Lazy<AttackCertificates> _shared = new(() => new AttackCertificates());
    private readonly AttackAuthority _authority = new(AuthorityName);
    private readonly Dictionary<string, SslStreamCertificateContext> _clients = [];

    private AttackCertificates()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        DateTimeOffset tomorrow = now.AddDays(1);
        X509Certificate2 good = _authority.Issue("good", ClientAuthentication, tomorrow);
        Add("good", good);
        Add("expired", "good", now.AddMinutes(-1));
        Add("lines", "good\r\nforged", tomorrow);
        Add("escape", "good\u001b[2J", tomorrow);
        Add("stranger", new AttackAuthority(AuthorityName).Issue("good", ClientAuthentication, tomorrow)); // the same name, another key
        AddLarge(tomorrow);
        X509Certificate2 revoked = _authority.Issue("good", ClientAuthentication, tomorrow);
        Add("revoked", revoked);
        Files = BrokerFiles(good, revoked, tomorrow);
    }

    /// <summary>Those of this process: every broker and every attacker has the same.</summary>
    public static AttackCertificates Shared => _shared.Value;

    /// <summary>What a broker's folder gets of them.</summary>
    public IReadOnlyDictionary<string, string> Files { get; }

    /// <summary>How a client shakes hands that has a certificate. It looks at no more of the broker's than its name.</summary>
    /// <param name="name">Which certificate, or <see cref="None"/>.</param>
    /// <exception cref="FormatException">There is none of this name.</exception>
    public SslClientAuthenticationOptions Client(string name) => new()
    {
        TargetHost = ServerName,
        RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=" + ServerName,
        ClientCertificateContext = name == None ? null : _clients.GetValueOrDefault(name) ?? throw new FormatException($"there is no certificate '{name}'"),
    };

    private Dictionary<string, string> BrokerFiles(X509Certificate2 good, X509Certificate2 revoked, DateTimeOffset until)
    {
        using X509Certificate2 server = _authority.Issue(ServerName, ServerAuthentication, until);
        var list = new CertificateRevocationListBuilder();
        list.AddEntry(revoked);
        byte[] der = list.Build(_authority.Certificate, BigInteger.One, until, HashAlgorithmName.SHA256, thisUpdate: until.AddDays(-2));
        return new Dictionary<string, string>
        {
            ["ca.pem"] = _authority.Certificate.ExportCertificatePem(),
            ["ca.crl"] = PemEncoding.WriteString("X509 CRL", der),
            ["server.pem"] = server.ExportCertificatePem(),
            ["server.key"] = Key(server),
            ["client.pem"] = good.ExportCertificatePem(), // for attackers that are programs
            ["client.key"] = Key(good),
        };
    }

    private static string Key(X509Certificate2 certificate)
    {
        using ECDsa key = certificate.GetECDsaPrivateKey()!; // it was made with one
        return key.ExportPkcs8PrivateKeyPem();
    }

    private void Add(string name, string commonName, DateTimeOffset until) => Add(name, _authority.Issue(commonName, ClientAuthentication, until));

    private void Add(string name, X509Certificate2 certificate, X509Certificate2Collection? chain = null) =>
        _clients[name] = SslStreamCertificateContext.Create(certificate, chain, offline: true);

    private void AddLarge(DateTimeOffset until)
    {
        var ballast = new X509Extension(NobodysExtension, new byte[LargeBytes], critical: false);
        var chain = new X509Certificate2Collection();
        AttackAuthority issuer = _authority;
        for (int i = 1; i < LargeChain; i++)
        {
            issuer = issuer.Below($"large {i}", ballast);
            chain.Add(issuer.Certificate);
        }

        Add("large", issuer.Issue("large", ClientAuthentication, until, ballast), chain);
    }
}

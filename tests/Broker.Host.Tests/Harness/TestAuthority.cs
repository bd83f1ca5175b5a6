using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Broker.Host.Tests.Harness;

/// <summary>An authority that the tests make for themselves, with client certificates and revocation lists of its own.</summary>
internal sealed class TestAuthority : IDisposable
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public TestAuthority(string name = "test authority")
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        Certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-10), DateTimeOffset.UtcNow.AddDays(10));
    }

    public X509Certificate2 Certificate { get; }

    public string Pem => Certificate.ExportCertificatePem();

    /// <summary>A certificate with its key.</summary>
    public X509Certificate2 Issue(
        string subject = "CN=device-1", Action<SubjectAlternativeNameBuilder>? names = null, DateTimeOffset? notAfter = null, bool isServer = false,
        X509Extension? more = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(isServer ? ServerAuthentication : ClientAuthentication)], false));
        if (names is not null)
        {
            var builder = new SubjectAlternativeNameBuilder();
            names(builder);
            request.CertificateExtensions.Add(builder.Build());
        }

        if (more is not null) request.CertificateExtensions.Add(more);
        DateTimeOffset until = notAfter ?? DateTimeOffset.UtcNow.AddDays(5);
        using X509Certificate2 issued = request.Create(Certificate, until.AddDays(-6), until, RandomNumberGenerator.GetBytes(16));
        using X509Certificate2 whole = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null); // with a key that TLS can use everywhere
    }

    /// <summary>A list that revokes these.</summary>
    public string RevocationList(DateTimeOffset? nextUpdate = null, params X509Certificate2[] revoked)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (X509Certificate2 certificate in revoked) builder.AddEntry(certificate);
        DateTimeOffset next = nextUpdate ?? DateTimeOffset.UtcNow.AddDays(1);
        byte[] der = builder.Build(Certificate, BigInteger.One, next, HashAlgorithmName.SHA256, thisUpdate: next.AddDays(-2));
        return PemEncoding.WriteString("X509 CRL", der);
    }

    /// <summary>Writes a certificate and its key as PEM files.</summary>
    public static (string Path, string KeyPath) Write(TempFolder folder, X509Certificate2 certificate, string name)
    {
        using ECDsa key = certificate.GetECDsaPrivateKey()!; // it was made with one
        return (folder.Write($"{name}.pem", certificate.ExportCertificatePem()), folder.Write($"{name}.key", key.ExportPkcs8PrivateKeyPem()));
    }

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }
}

using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Broker.Host.Tests.Harness;

/// <summary>Certificates that the tests make for themselves.</summary>
internal static class TestCertificates
{
    private const string Subject = "CN=broker-test";

    /// <summary>A self-signed certificate for this machine, with its key.</summary>
    public static X509Certificate2 Create(DateTimeOffset? notAfter = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset until = notAfter ?? DateTimeOffset.UtcNow.AddDays(1);
        return request.CreateSelfSigned(until.AddDays(-2), until);
    }

    /// <summary>Writes certificate and key as PEM files.</summary>
    public static (string Path, string KeyPath) WritePem(TempFolder folder, string name = "server")
    {
        using X509Certificate2 certificate = Create();
        using ECDsa key = certificate.GetECDsaPrivateKey()!; // it was made with one
        return (folder.Write($"{name}.pem", certificate.ExportCertificatePem()), folder.Write($"{name}.key", key.ExportPkcs8PrivateKeyPem()));
    }

    /// <summary>Accepts exactly the tests' own certificates.</summary>
    public static bool IsTestCertificate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate?.Subject == Subject;

    public static SslClientAuthenticationOptions ClientOptions() => new()
    {
        TargetHost = "localhost",
        RemoteCertificateValidationCallback = IsTestCertificate,
    };
}

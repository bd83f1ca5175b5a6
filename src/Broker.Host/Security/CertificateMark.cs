using System.Security.Cryptography.X509Certificates;

namespace Broker.Host.Security;

/// <summary>What tells a certificate from every other of its issuer, kept while its connection lasts: the certificate itself may be gone.</summary>
/// <param name="Issuer">The issuer's name in DER.</param>
/// <param name="Serial">The serial number, big-endian.</param>
internal sealed record CertificateMark(byte[] Issuer, byte[] Serial)
{
    /// <summary>The mark of a certificate.</summary>
    public static CertificateMark Of(X509Certificate2 certificate) => new(certificate.IssuerName.RawData, certificate.SerialNumberBytes.ToArray());
}

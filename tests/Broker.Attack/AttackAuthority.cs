using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Broker.Attack;

/// <summary>An authority that exists as long as the process, and what it issues.</summary>
internal sealed class AttackAuthority
{
    private const int SerialBytes = 16;
    private static readonly TimeSpan _age = TimeSpan.FromDays(2); // what it issues is as old
    private readonly ECDsa _key;

    /// <summary>One that nobody but itself vouches for.</summary>
    public AttackAuthority(string name)
        : this(NewKey())
    {
        Certificate = RequestAuthority(name, []).CreateSelfSigned(DateTimeOffset.UtcNow - _age, DateTimeOffset.UtcNow + _age);
    }

    private AttackAuthority(ECDsa key)
    {
        _key = key;
        Certificate = null!; // the other constructors make it
    }

    /// <summary>Its certificate with its key.</summary>
    public X509Certificate2 Certificate { get; private init; }

    /// <summary>An authority that this one vouches for.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="more">What its certificate has beside what it needs.</param>
    public AttackAuthority Below(string name, params X509Extension[] more)
    {
        var below = new AttackAuthority(NewKey());
        using X509Certificate2 issued = below.RequestAuthority(name, more).Create(Certificate, Certificate.NotBefore, Certificate.NotAfter, RandomNumberGenerator.GetBytes(SerialBytes));
        return new AttackAuthority(below._key) { Certificate = issued.CopyWithPrivateKey(below._key) };
    }

    /// <summary>A certificate for a use, with its key.</summary>
    public X509Certificate2 Issue(string commonName, string use, DateTimeOffset until, params X509Extension[] more)
    {
        ECDsa key = NewKey();
        CertificateRequest request = Request(commonName, key, more);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(use)], false));
        using X509Certificate2 issued = request.Create(Certificate, Certificate.NotBefore, until, RandomNumberGenerator.GetBytes(SerialBytes));
        return issued.CopyWithPrivateKey(key);
    }

    private CertificateRequest RequestAuthority(string name, X509Extension[] more)
    {
        CertificateRequest request = Request(name, _key, more);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request;
    }

    // The builder takes a name as it is, whatever is in it.
    private static CertificateRequest Request(string commonName, ECDsa key, X509Extension[] more)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(commonName);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        foreach (X509Extension extension in more) request.CertificateExtensions.Add(extension);
        return request;
    }

    private static ECDsa NewKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256);
}

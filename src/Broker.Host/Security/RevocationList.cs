using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Broker.Host.Security;

/// <summary>A certificate revocation list (RFC 5280 section 5) whose signature was checked.</summary>
/// <remarks>The framework can write such lists, but looks into them only by fetching them itself; hence this reader. Threading: any thread.</remarks>
internal sealed class RevocationList
{
    private readonly HashSet<BigInteger> _serials;

    private RevocationList(byte[] issuer, DateTimeOffset? nextUpdate, HashSet<BigInteger> serials)
    {
        Issuer = issuer;
        NextUpdate = nextUpdate;
        _serials = serials;
    }

    /// <summary>Whose certificates it is about: the name in DER.</summary>
    public byte[] Issuer { get; }

    /// <summary>When it is out of date; null where it does not say.</summary>
    public DateTimeOffset? NextUpdate { get; }

    /// <summary>Tells one list from another.</summary>
    public string Digest { get; private init; } = "";

    /// <summary>Whether it revokes a certificate of its issuer's.</summary>
    public bool Revokes(X509Certificate2 certificate) => Revokes(certificate.SerialNumberBytes.Span);

    /// <summary>Whether it revokes the certificate of its issuer's with this serial number, big-endian.</summary>
    public bool Revokes(ReadOnlySpan<byte> serial) => _serials.Contains(new BigInteger(serial, isUnsigned: false, isBigEndian: true));

    /// <summary>Reads one list in DER.</summary>
    /// <param name="der">The list.</param>
    /// <param name="authorities">Who may have signed it.</param>
    /// <param name="fault">What is wrong; null if nothing is.</param>
    public static RevocationList? TryRead(byte[] der, X509Certificate2Collection authorities, out string? fault)
    {
        try
        {
            AsnReader list = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
            ReadOnlyMemory<byte> signed = list.PeekEncodedValue();
            AsnReader content = list.ReadSequence();
            string algorithm = list.ReadSequence().ReadObjectIdentifier();
            byte[] signature = list.ReadBitString(out _);
            RevocationList read = ReadContent(content, Convert.ToHexString(SHA256.HashData(der)));
            bool isSigned = authorities.Any(authority => authority.SubjectName.RawData.AsSpan().SequenceEqual(read.Issuer) && IsSignature(authority, algorithm, signed.Span, signature));
            fault = isSigned ? null : "is not signed by an authority of CaFile with RSA or ECDSA and SHA-2";
            return isSigned ? read : null;
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException)
        {
            fault = $"is no revocation list: {e.Message.ReplaceLineEndings(" ")}";
            return null;
        }
    }

    private static RevocationList ReadContent(AsnReader content, string digest)
    {
        if (content.PeekTag().HasSameClassAndValue(Asn1Tag.Integer)) content.ReadInteger(); // version
        content.ReadSequence(); // the algorithm again
        byte[] issuer = content.ReadEncodedValue().ToArray();
        ReadTime(content);
        DateTimeOffset? nextUpdate = content.HasData && content.PeekTag().TagClass == TagClass.Universal && !content.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence)
            ? ReadTime(content) : null;
        var serials = new HashSet<BigInteger>();
        if (content.HasData && content.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            AsnReader entries = content.ReadSequence();
            while (entries.HasData) serials.Add(entries.ReadSequence().ReadInteger());
        }

        if (content.HasData) CheckExtensions(content.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadSequence());
        return new RevocationList(issuer, nextUpdate, serials) { Digest = digest };
    }

    // A critical extension changes what the list means: a part of a list, or another authority's certificates.
    private static void CheckExtensions(AsnReader extensions)
    {
        while (extensions.HasData)
        {
            AsnReader extension = extensions.ReadSequence();
            string id = extension.ReadObjectIdentifier();
            bool isCritical = extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean();
            if (isCritical) throw new CryptographicException($"it has the critical extension {id}, which is not understood here");
        }
    }

    private static DateTimeOffset ReadTime(AsnReader content) =>
        content.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? content.ReadUtcTime() : content.ReadGeneralizedTime();

    private static bool IsSignature(X509Certificate2 authority, string algorithm, ReadOnlySpan<byte> signed, byte[] signature)
    {
        HashAlgorithmName? hash = algorithm switch
        {
            "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" => HashAlgorithmName.SHA256,
            "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => HashAlgorithmName.SHA384,
            "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => HashAlgorithmName.SHA512,
            _ => null,
        };
        if (hash is not { } name) return false;
        if (algorithm.StartsWith("1.2.840.113549", StringComparison.Ordinal))
        {
            using RSA? rsa = authority.GetRSAPublicKey();
            return rsa?.VerifyData(signed, signature, name, RSASignaturePadding.Pkcs1) == true;
        }

        using ECDsa? curve = authority.GetECDsaPublicKey();
        return curve?.VerifyData(signed, signature, name, DSASignatureFormat.Rfc3279DerSequence) == true;
    }
}

using System.Formats.Asn1;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Broker.Core.Security;
using Broker.Host.Configuration;

namespace Broker.Host.Security;

/// <summary>Which client certificates are taken, and whom they name.</summary>
/// <remarks>Threading: any thread; nothing changes after it was read. Owner: nobody disposes the certificates, since a handshake may use them.</remarks>
internal sealed class ClientCertificateRules(
    X509Certificate2Collection authorities, IReadOnlyList<RevocationList>? revocations, CertificateName source, string prefix)
{
    /// <summary>How principals of certificates are authenticated.</summary>
    public const string Method = "certificate";

    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string CommonName = "2.5.4.3";
    private static readonly Asn1Tag _uri = new(TagClass.ContextSpecific, 6);

    /// <summary>Tells these rules from others.</summary>
    public string Digest { get; } = string.Join(
        ' ',
        [
            $"{source}:{prefix}",
            .. authorities.Select(authority => authority.Thumbprint),
            .. (revocations ?? []).Select(list => list.Digest),
            revocations is null ? "unlisted" : "listed",
        ]);

    /// <summary>
    /// How a chain is built: from these authorities only, for the use as a client, without asking the network. Revocation is
    /// looked up in the lists afterwards.
    /// </summary>
    public X509ChainPolicy CreatePolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.ApplicationPolicy.Add(new(ClientAuthentication));
        foreach (X509Certificate2 authority in authorities)
        {
            bool isRoot = authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData);
            if (isRoot) policy.CustomTrustStore.Add(authority);
            else policy.ExtraStore.Add(authority);
        }

        return policy;
    }

    /// <summary>Who a peer is whose chain was built by <see cref="CreatePolicy"/>.</summary>
    /// <param name="certificate">What it showed.</param>
    /// <param name="chain">The chain that was built.</param>
    /// <param name="errors">What was wrong with it.</param>
    /// <param name="now">The time.</param>
    /// <param name="fault">Why it is refused, for the log; null if it is not.</param>
    public ProvenIdentity? Identify(X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors, DateTimeOffset now, out string? fault)
    {
        fault = null;
        if (errors != SslPolicyErrors.None)
        {
            string why = chain is null ? "" : string.Join(", ", chain.ChainStatus.Select(status => status.Status).Distinct());
            fault = $"the certificate is not valid here ({errors}{(why.Length > 0 ? ": " : "")}{why})";
            return null;
        }

        IEnumerable<X509Certificate2> all = chain is null ? [certificate] : chain.ChainElements.Select(element => element.Certificate);
        return all.Any(one => IsRevoked(one, isLeaf: one.RawData.AsSpan().SequenceEqual(certificate.RawData), now, out _))
            ? Refuse(certificate, now, out fault)
            : Name(certificate, out fault);
    }

    /// <summary>Who a certificate names that was checked before; null where it has been revoked since, or has ended.</summary>
    public ProvenIdentity? IdentifyAgain(X509Certificate2 certificate, DateTimeOffset now) =>
        now < certificate.NotAfter && !IsRevoked(certificate, isLeaf: true, now, out _) ? Name(certificate, out _) : null;

    /// <summary>Whether a list says that a certificate is revoked. A list that is out of date says nothing about who is in already.</summary>
    public bool Revokes(CertificateMark mark) =>
        revocations?.Any(list => list.Issuer.AsSpan().SequenceEqual(mark.Issuer) && list.Revokes(mark.Serial)) == true;

    private static List<string> Names(X509Certificate2 certificate, CertificateName source)
    {
        var names = new List<string>();
        if (source == CertificateName.Cn)
        {
            foreach (X500RelativeDistinguishedName part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
            {
                if (!part.HasMultipleElements && part.GetSingleElementType().Value == CommonName && part.GetSingleElementValue() is { } name) names.Add(name);
            }

            return names;
        }

        foreach (X509SubjectAlternativeNameExtension extension in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            if (source == CertificateName.SanDns) names.AddRange(extension.EnumerateDnsNames());
            else names.AddRange(Uris(extension.RawData));
        }

        return names;
    }

    private static IEnumerable<string> Uris(byte[] extension)
    {
        AsnReader names = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            if (names.PeekTag().HasSameClassAndValue(_uri)) yield return names.ReadCharacterString(UniversalTagNumber.IA5String, _uri);
            else names.ReadEncodedValue();
        }
    }

    private ProvenIdentity? Refuse(X509Certificate2 certificate, DateTimeOffset now, out string? fault)
    {
        IsRevoked(certificate, isLeaf: true, now, out fault);
        fault ??= "one of its authorities is revoked";
        return null;
    }

    // Where lists are wanted, what they do not cover, or not any more, is not known to be good.
    private bool IsRevoked(X509Certificate2 certificate, bool isLeaf, DateTimeOffset now, out string? why)
    {
        why = null;
        if (revocations is null) return false;
        RevocationList? list = revocations.FirstOrDefault(list => list.Issuer.AsSpan().SequenceEqual(certificate.IssuerName.RawData));
        if (list is null) why = isLeaf ? "CrlFile has no list of its issuer" : null;
        else if (list.NextUpdate <= now) why = "the revocation list of its issuer is out of date";
        else if (list.Revokes(certificate)) why = "it is revoked";
        return why is not null;
    }

    private ProvenIdentity? Name(X509Certificate2 certificate, out string? fault)
    {
        List<string> names;
        try
        {
            names = Names(certificate, source);
        }
        catch (Exception e) when (e is AsnContentException or System.Security.Cryptography.CryptographicException)
        {
            fault = "its names cannot be read";
            return null;
        }

        fault = names.Count == 1 ? null : $"it has {names.Count} names of the kind that Auth:ClientCertificates:Principal asks for, and exactly one is wanted";
        if (fault is not null) return null;
        if (!names[0].StartsWith(prefix, StringComparison.Ordinal)) fault = "its name does not begin with Auth:ClientCertificates:Prefix";
        else if (!UserName.IsValid(names[0][prefix.Length..])) fault = "its name is empty, too long, or has control characters";
        return fault is null ? new ProvenIdentity(new Principal(Method, names[0][prefix.Length..]), certificate.NotAfter) { Evidence = CertificateMark.Of(certificate) } : null;
    }
}

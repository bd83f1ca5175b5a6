namespace Broker.Host.Configuration;

/// <summary>Who client certificates are from, and whom they name: <c>Broker:Auth:ClientCertificates</c>.</summary>
internal sealed record ClientCertificateOptions
{
    /// <summary>The authorities whose certificates are taken (PEM); no others are, not those of the system either.</summary>
    public string? CaFile { get; init; }

    /// <summary>Revocation lists of these authorities (PEM or DER); where it is set, a certificate without a list of its issuer is refused.</summary>
    public string? CrlFile { get; init; }

    /// <summary>What names the principal.</summary>
    public CertificateName? Principal { get; init; }

    /// <summary>What this name has to begin with, e.g. <c>spiffe://plant.example/device/</c>; the rest is the principal's name.</summary>
    public string Prefix { get; init; } = "";
}

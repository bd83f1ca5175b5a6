namespace Broker.Host.Configuration;

/// <summary>Where an encrypted endpoint's certificate lies: <c>Broker:Endpoints:&lt;Name&gt;:Certificate</c>.</summary>
internal sealed record CertificateOptions
{
    /// <summary>A PEM file (certificate, then intermediates) or a PKCS #12 file.</summary>
    public string? Path { get; init; }

    /// <summary>The PEM file of the private key; not set means that <see cref="Path"/> has it too.</summary>
    public string? KeyPath { get; init; }

    /// <summary>The password of the PKCS #12 file or of an encrypted PEM key.</summary>
    public string? Password { get; init; }
}

using Broker.Host.Security;

namespace Broker.Host.Configuration;

/// <summary>An endpoint that is turned on and whose options were found sound.</summary>
/// <param name="Name">Its name, e.g. <c>Mqtt</c>.</param>
/// <param name="Url">Where it listens.</param>
/// <param name="Options">The rest of what is said of it.</param>
/// <param name="Certificate">The certificate of an encrypted one.</param>
internal sealed record ConfiguredEndpoint(string Name, EndpointUrl Url, EndpointOptions Options, ServerCertificate? Certificate)
{
    /// <summary>Which client certificates it takes; null where it asks for none.</summary>
    public ClientCertificateRules? ClientCertificates { get; init; }

    /// <summary>The key of its url.</summary>
    public string Key => $"Broker:Endpoints:{Name}:Url";
}

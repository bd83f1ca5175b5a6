namespace Broker.Host.Configuration;

/// <summary>One address to listen on: <c>Broker:Endpoints:&lt;Name&gt;</c>.</summary>
internal sealed record EndpointOptions
{
    /// <summary><c>mqtt://</c>, <c>mqtts://</c>, <c>http://</c> or <c>https://</c> host:port; empty turns the endpoint off.</summary>
    public string Url { get; init; } = "";

    /// <summary>The certificate of an mqtts or https endpoint.</summary>
    public CertificateOptions? Certificate { get; init; }

    /// <summary>Whether an mqtts or https endpoint wants client certificates, which <c>Auth:ClientCertificates</c> says more about.</summary>
    public CertificateDemand ClientCertificates { get; init; }

    /// <summary>
    /// Whether payloads that claim to be UTF-8 text (Payload Format Indicator 1) are checked, and false claims refused with
    /// 0x99. Off by default: it costs a pass over every such payload.
    /// </summary>
    public bool ValidatePayloadFormat { get; init; }

    /// <summary>
    /// The web origins whose scripts may open a WebSocket here (<c>https://dashboard.example</c>, or <c>*</c> for any). Not set
    /// means: pages from this machine, and on an endpoint beyond loopback also the pages of the endpoint's own address.
    /// Programs that are no browsers send no origin and are not concerned.
    /// </summary>
    public IReadOnlyList<string>? AllowedOrigins { get; init; }
}

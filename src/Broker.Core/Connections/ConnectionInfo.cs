using System.Net;
using Broker.Core.Security;

namespace Broker.Core.Connections;

/// <summary>What is known of a connection before its first byte.</summary>
/// <param name="Endpoint">The name of the endpoint that took it, as the configuration has it, e.g. <c>Mqtt</c>.</param>
/// <param name="Transport">How the bytes travel.</param>
/// <param name="Remote">The peer's address; null where there is none (memory).</param>
/// <param name="ValidatePayloadFormat">
/// Whether this endpoint checks payloads that claim to be UTF-8 text (Payload Format Indicator 1) and refuses false claims
/// with 0x99 [MQTT-3.3.2-4 leaves it to the receiver].
/// </param>
public sealed record ConnectionInfo(string Endpoint, TransportKind Transport, EndPoint? Remote, bool ValidatePayloadFormat = false)
{
    /// <summary>Whether its bytes are encrypted on the way.</summary>
    public bool IsEncrypted { get; init; } = Transport == TransportKind.Tls;

    /// <summary>
    /// Who the peer is by the client certificate that it showed; null if it showed none. The transport sets it when its own
    /// handshake is over, before the first byte is received.
    /// </summary>
    public ProvenIdentity? Proven { get; set; }

    /// <inheritdoc/>
    public override string ToString() => $"{Endpoint} {Remote?.ToString() ?? "local"}";
}

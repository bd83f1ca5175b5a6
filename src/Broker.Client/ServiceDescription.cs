using System.Text.Json.Nodes;

namespace Broker.Client;

/// <summary>A service that can be called with <c>RequestAsync</c>, as its responder announces it.</summary>
/// <param name="Topic">The topic to send requests to.</param>
/// <param name="Version">The responder's own version of it.</param>
/// <param name="ClientId">Who answers.</param>
/// <param name="RequestSchema">JSON Schema of the request; null: not known.</param>
/// <param name="ResponseSchema">JSON Schema of the response; null: not known.</param>
/// <param name="Description">For people; null: none.</param>
public sealed record ServiceDescription(string Topic, string Version, string ClientId, JsonNode? RequestSchema, JsonNode? ResponseSchema, string? Description);

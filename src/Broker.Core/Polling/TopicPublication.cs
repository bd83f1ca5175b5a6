using Broker.Core.Protocol;

namespace Broker.Core.Polling;

/// <summary>A publication of a caller who is no MQTT client.</summary>
public sealed record TopicPublication
{
    /// <summary>The topic name in UTF-8, well-formed and without U+0000.</summary>
    public required ReadOnlyMemory<byte> Topic { get; init; }

    /// <summary>The payload.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>What the payload is, for the MQTT 5 property Content Type; null for nothing.</summary>
    public string? ContentType { get; init; }

    /// <summary>The QoS it is published with.</summary>
    public QualityOfService Qos { get; init; }

    /// <summary>Whether it replaces the topic's retained message.</summary>
    public bool Retain { get; init; }
}

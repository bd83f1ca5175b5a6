using Broker.Core.Protocol;

namespace Broker.Testing.Wire;

/// <summary>A will as CONNECT carries it.</summary>
public sealed record WillOptions(string Topic, byte[] Payload)
{
    public QualityOfService Qos { get; init; }

    public bool Retain { get; init; }

    /// <summary>The will properties; not sent before MQTT 5.</summary>
    public Properties Properties { get; init; } = [];
}

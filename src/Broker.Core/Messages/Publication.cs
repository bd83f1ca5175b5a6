using Broker.Core.Protocol;

namespace Broker.Core.Messages;

/// <summary>
/// A message on its way in: a view over the bytes it arrived in, which does not outlive the call. It becomes a
/// <see cref="Message"/> only if somebody wants it.
/// </summary>
public readonly ref struct Publication
{
    /// <summary>The topic name in UTF-8, checked.</summary>
    public required ReadOnlySpan<byte> Topic { get; init; }

    /// <summary>The payload.</summary>
    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>The properties that travel on to subscribers, encoded.</summary>
    public ForwardedProperties Properties { get; init; }

    /// <summary>The QoS it was published with.</summary>
    public QualityOfService Qos { get; init; }

    /// <summary>Whether it replaces the topic's retained message.</summary>
    public bool Retain { get; init; }

    /// <summary>Seconds until it expires; null if never.</summary>
    public uint? MessageExpiryInterval { get; init; }

    /// <summary>Who publishes it.</summary>
    public required PublisherIdentity Publisher { get; init; }
}

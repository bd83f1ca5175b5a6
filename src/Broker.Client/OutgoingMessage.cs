namespace Broker.Client;

/// <summary>A message as bytes, ready to be published.</summary>
/// <param name="Topic">The topic name, without wildcards.</param>
/// <param name="Payload">The payload; it must not change until the publication is complete.</param>
public sealed record OutgoingMessage(string Topic, ReadOnlyMemory<byte> Payload)
{
    /// <summary>How it is published.</summary>
    public PublishOptions Options { get; init; } = PublishOptions.Default;
}

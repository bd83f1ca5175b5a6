namespace Broker.Client;

/// <summary>How a message is published.</summary>
public sealed record PublishOptions
{
    /// <summary>QoS 1, not retained, never expires.</summary>
    public static PublishOptions Default { get; } = new();

    /// <summary>QoS 1 and retained: those who subscribe later get this value first.</summary>
    public static PublishOptions Retained { get; } = new() { Retain = true };

    /// <summary>How hard to try; <see cref="QualityOfService.AtLeastOnce"/> unless set.</summary>
    public QualityOfService Qos { get; init; } = QualityOfService.AtLeastOnce;

    /// <summary>Whether the broker keeps it for those who subscribe later.</summary>
    public bool Retain { get; init; }

    /// <summary>How long it is worth delivering, counted from the call, also while it waits here; whole seconds, rounded up. Null: forever.</summary>
    public TimeSpan? Expiry { get; init; }

    /// <summary>What the payload is; null: <c>application/json</c> for what was serialised, none for bytes and text.</summary>
    public string? ContentType { get; init; }

    /// <summary>Where an answer is expected.</summary>
    public string? ResponseTopic { get; init; }

    /// <summary>What an answer has to repeat.</summary>
    public ReadOnlyMemory<byte> CorrelationData { get; init; }

    /// <summary>Properties of the application's own.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> UserProperties { get; init; } = [];
}

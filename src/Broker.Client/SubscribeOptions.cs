namespace Broker.Client;

/// <summary>How a subscription behaves.</summary>
public sealed record SubscribeOptions
{
    /// <summary>QoS 1, initial values, 1,000 waiting messages, <see cref="Overflow.Wait"/>.</summary>
    public static SubscribeOptions Default { get; } = new();

    /// <summary>The highest quality of service to deliver with.</summary>
    public QualityOfService Qos { get; init; } = QualityOfService.AtLeastOnce;

    /// <summary>How many messages may wait for the loop, 1 and more.</summary>
    public int Capacity { get; init; } = 1_000;

    /// <summary>What happens to those beyond it.</summary>
    public Overflow Overflow { get; init; }

    /// <summary>Whether the retained values that match come first.</summary>
    public bool InitialValues { get; init; } = true;

    /// <summary>Whether this client's own publications are left out.</summary>
    public bool NoLocal { get; init; }

    /// <summary>
    /// Told about a message whose payload is not what was asked for. The stream goes on without it, and it counts as dealt with. It is always logged and counted.
    /// </summary>
    public Action<Message<ReadOnlyMemory<byte>>, Exception>? OnPoisoned { get; init; }
}

namespace Broker.Client;

/// <summary>What publishing does while the outbound queue is full.</summary>
public enum OutboxOverflow
{
    /// <summary>It waits for room: back-pressure. Nothing is lost.</summary>
    Wait,

    /// <summary>It fails with <see cref="BrokerClientError.QueueFull"/>.</summary>
    Refuse,

    /// <summary>The oldest message that was never sent gives way; its publisher, if it still waits, gets <see cref="BrokerClientError.QueueFull"/>.</summary>
    DropOldest,
}

namespace Broker.Client.Publishing;

/// <summary>How far a message is.</summary>
internal enum OutboxEntryState
{
    /// <summary>It waits to be sent.</summary>
    Waiting,

    /// <summary>It was sent; at QoS 1 the PUBACK, at QoS 2 the PUBREC is awaited.</summary>
    Sent,

    /// <summary>QoS 2: the broker has it (PUBREC); PUBCOMP is awaited.</summary>
    Received,

    /// <summary>Over.</summary>
    Done,
}

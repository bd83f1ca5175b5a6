namespace Broker.Core.Limits;

/// <summary>What a budget bounds.</summary>
internal enum BudgetItem
{
    /// <summary>Connections at the same time.</summary>
    Connections,

    /// <summary>Connects a second.</summary>
    ConnectRate,

    /// <summary>Publications a second.</summary>
    MessageRate,

    /// <summary>Bytes a second.</summary>
    ByteRate,

    /// <summary>Sessions, connected or kept.</summary>
    Sessions,

    /// <summary>Subscriptions.</summary>
    Subscriptions,

    /// <summary>Bytes that wait in queues.</summary>
    QueueBytes,

    /// <summary>Retained messages.</summary>
    RetainedMessages,

    /// <summary>Bytes of retained messages.</summary>
    RetainedBytes,
}

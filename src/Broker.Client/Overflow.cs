namespace Broker.Client;

/// <summary>What happens to messages that arrive faster than a subscription takes them.</summary>
public enum Overflow
{
    /// <summary>
    /// The broker waits: QoS 1 and 2 messages are kept, unacknowledged, up to <see cref="BrokerClientOptions.ReceiveMaximum"/>. Nothing can hold a
    /// QoS 0 message back; those beyond <see cref="SubscribeOptions.Capacity"/> are dropped and counted.
    /// </summary>
    Wait,

    /// <summary>The oldest message gives way; it counts as dealt with.</summary>
    DropOldest,

    /// <summary>A newer message takes the place of the waiting one of the same topic, which counts as dealt with; if still too many topics wait, the oldest gives way.</summary>
    LatestPerTopic,
}

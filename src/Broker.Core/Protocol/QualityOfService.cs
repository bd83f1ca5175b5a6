namespace Broker.Core.Protocol;

/// <summary>How hard is tried to get a message delivered (MQTT 5, section 4.3).</summary>
public enum QualityOfService : byte
{
    /// <summary>QoS 0: sent once, not acknowledged.</summary>
    AtMostOnce = 0,

    /// <summary>QoS 1: sent until acknowledged; may arrive twice.</summary>
    AtLeastOnce = 1,

    /// <summary>QoS 2: arrives exactly once.</summary>
    ExactlyOnce = 2,
}

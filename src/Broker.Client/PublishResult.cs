namespace Broker.Client;

/// <summary>How a publication ended well.</summary>
public enum PublishResult
{
    /// <summary>QoS 0: handed to the network; nobody confirms it.</summary>
    Sent,

    /// <summary>QoS 1 and 2: the broker has accepted it.</summary>
    Accepted,

    /// <summary>QoS 1 and 2: the broker has accepted it and says that nobody subscribes to its topic (0x10).</summary>
    NoSubscribers,
}

namespace Broker.Client;

/// <summary>What the broker publishes when this client is gone without a goodbye (MQTT 5, 3.1.2.5).</summary>
/// <param name="Message">The message; its QoS, retain flag, expiry and content type are used.</param>
public sealed record LastWill(OutgoingMessage Message)
{
    /// <summary>How long the broker waits for the client to come back first.</summary>
    public TimeSpan Delay { get; init; }
}

namespace Broker.Client;

/// <summary>How hard sender and receiver try (MQTT 5, 4.3).</summary>
public enum QualityOfService
{
    /// <summary>Sent once, never confirmed; may be lost.</summary>
    AtMostOnce = 0,

    /// <summary>Confirmed; may arrive more than once.</summary>
    AtLeastOnce = 1,

    /// <summary>Confirmed, and arrives once as long as the broker keeps the session.</summary>
    ExactlyOnce = 2,
}

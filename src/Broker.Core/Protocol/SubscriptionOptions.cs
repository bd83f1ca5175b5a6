namespace Broker.Core.Protocol;

/// <summary>The options of one subscription (MQTT 5, section 3.8.3.1); before MQTT 5 there is only <paramref name="Qos"/>.</summary>
/// <param name="Qos">The highest QoS at which messages are wanted.</param>
/// <param name="NoLocal">Messages that this client published itself are not wanted.</param>
/// <param name="RetainAsPublished">The RETAIN flag is kept as it was published; else it says "this is a retained message".</param>
/// <param name="RetainHandling">Whether retained messages are wanted when the subscription is made.</param>
public readonly record struct SubscriptionOptions(
    QualityOfService Qos,
    bool NoLocal,
    bool RetainAsPublished,
    RetainHandling RetainHandling);

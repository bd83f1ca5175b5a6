namespace Broker.Client.Subscribing;

/// <summary>What a subscription identifier stands for.</summary>
/// <param name="Subscription">The subscription.</param>
/// <param name="RetainedFor">Whom retained values are for that come because of this SUBSCRIBE; null: all.</param>
internal sealed record Route(FilterSubscription Subscription, DeliveryQueue? RetainedFor);

using MQTTnet.Packets;

namespace Broker.Client.Connection;

/// <summary>What the broker said in its CONNACK about itself and this connection; absent means what MQTT 5 says that it means.</summary>
/// <param name="SessionPresent">Whether the earlier session goes on.</param>
/// <param name="ClientId">The client identifier that the broker chose; null: ours holds.</param>
/// <param name="ReceiveMaximum">QoS 1 and 2 publications that may be unacknowledged.</param>
/// <param name="MaximumPacketBytes">The largest packet that the broker takes.</param>
/// <param name="MaximumQos">The highest quality of service that it takes.</param>
/// <param name="Retain">Whether it keeps retained messages.</param>
/// <param name="SharedSubscriptions">Whether it knows <c>$share</c>.</param>
/// <param name="SubscriptionIdentifiers">Whether it says which subscription a message is for.</param>
/// <param name="KeepAlive">The keep alive to use instead of our own; null: ours holds.</param>
/// <param name="ChangesPrefix">The prefix of change-only subscriptions; null: it has none.</param>
internal sealed record BrokerFeatures(
    bool SessionPresent,
    string? ClientId,
    int ReceiveMaximum,
    long MaximumPacketBytes,
    QualityOfService MaximumQos,
    bool Retain,
    bool SharedSubscriptions,
    bool SubscriptionIdentifiers,
    TimeSpan? KeepAlive,
    string? ChangesPrefix)
{
    /// <summary>The user property by which a broker says that it sends only changes to subscriptions under its value.</summary>
    public const string ChangesProperty = "change-only";

    public static BrokerFeatures From(MqttConnAckPacket packet) => new(
        packet.IsSessionPresent,
        string.IsNullOrEmpty(packet.AssignedClientIdentifier) ? null : packet.AssignedClientIdentifier,
        packet.ReceiveMaximum == 0 ? ushort.MaxValue : packet.ReceiveMaximum,
        packet.MaximumPacketSize == 0 ? uint.MaxValue : packet.MaximumPacketSize,
        (QualityOfService)packet.MaximumQoS,
        packet.RetainAvailable,
        packet.SharedSubscriptionAvailable,
        packet.SubscriptionIdentifiersAvailable,
        packet.ServerKeepAlive == 0 ? null : TimeSpan.FromSeconds(packet.ServerKeepAlive),
        packet.UserProperties?.Find(property => property.Name == ChangesProperty) is { } changes ? Text(changes) : null);

    private static string Text(MqttUserProperty property) => System.Text.Encoding.UTF8.GetString(property.ValueBuffer.Span);
}

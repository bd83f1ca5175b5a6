using Broker.Core.Protocol;

namespace Broker.Testing.Wire;

/// <summary>One filter of a SUBSCRIBE with its options (before MQTT 5 the QoS alone is meant to be used).</summary>
public sealed record SubscribeFilter(
    string Filter,
    QualityOfService Qos = QualityOfService.AtMostOnce,
    bool NoLocal = false,
    bool RetainAsPublished = false,
    RetainHandling RetainHandling = RetainHandling.Send)
{
    /// <summary>The two highest bits, which must be 0.</summary>
    public byte ReservedBits { get; init; }

    internal byte OptionsByte =>
        (byte)((byte)Qos + (NoLocal ? 4 : 0) + (RetainAsPublished ? 8 : 0) + ((byte)RetainHandling * 16) + (ReservedBits * 64));
}

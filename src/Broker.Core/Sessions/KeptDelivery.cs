namespace Broker.Core.Sessions;

/// <summary>A delivery that the store keeps, and how far its exchange is.</summary>
/// <param name="Delivery">The delivery; its message may be touched only if it is not released.</param>
/// <param name="PacketId">The packet identifier of a QoS 2 message that has one; 0 otherwise.</param>
/// <param name="IsReleased">Whether PUBREC came.</param>
internal readonly record struct KeptDelivery(Delivery Delivery, ushort PacketId, bool IsReleased);

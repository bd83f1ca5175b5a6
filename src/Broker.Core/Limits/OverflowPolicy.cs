namespace Broker.Core.Limits;

/// <summary>What happens to a QoS 1 or 2 message for a session whose queue is full.</summary>
public enum OverflowPolicy
{
    /// <summary>The new message is dropped for this session and counted.</summary>
    DropNewest,

    /// <summary>The message that has waited longest is dropped for this session and counted; the new one takes its place.</summary>
    DropOldest,

    /// <summary>
    /// The publisher is refused before anybody gets the message: 0x97 in PUBACK or PUBREC for MQTT 5, a closed connection for
    /// older clients, which no answer could tell. A QoS 0 publication is delivered to the others and dropped for this session.
    /// </summary>
    Refuse,
}

using Broker.Core.Protocol;

namespace Broker.Core.Connections;

/// <summary>The topic aliases that a client set on this connection.</summary>
/// <remarks>Threading: whoever calls Receive, one at a time. Owner: the connection; they die with it [MQTT-3.3.2-7].</remarks>
/// <param name="maximum">The highest alias.</param>
/// <param name="topicBytes">The longest topic; of a longer one only so much is kept that it stays too long.</param>
internal sealed class IncomingAliases(int maximum, int topicBytes)
{
    private byte[]?[] _topics = [];

    /// <summary>The topic that a PUBLISH means; sets the alias if the packet has both.</summary>
    /// <exception cref="ProtocolViolationException">The alias is unknown or higher than the broker allows.</exception>
    public ReadOnlySpan<byte> Resolve(ReadOnlySpan<byte> topic, ushort alias)
    {
        if (alias > maximum) ProtocolViolationException.Throw(ReasonCode.TopicAliasInvalid, $"Topic Alias {alias} is above the maximum of {maximum}"); // [MQTT-3.3.2-9]
        if (_topics.Length == 0) _topics = new byte[]?[maximum + 1];
        if (topic.IsEmpty)
        {
            byte[]? known = _topics[alias];
            if (known is null) ProtocolViolationException.Throw(ReasonCode.ProtocolError, $"Topic Alias {alias} was never set on this connection");
            return known;
        }

        ReadOnlySpan<byte> kept = topic.Length > topicBytes ? topic[..(topicBytes + 1)] : topic;
        if (!kept.SequenceEqual(_topics[alias])) _topics[alias] = kept.ToArray(); // [MQTT-3.3.2-12]
        return topic;
    }
}

namespace Broker.Core.Sessions;

/// <summary>What <see cref="ReceivedQos2.Begin"/> found.</summary>
internal enum ReceiveOutcome
{
    /// <summary>A new publication: route it.</summary>
    New,

    /// <summary>It was routed already: only acknowledge it again [MQTT-4.3.3-10].</summary>
    Duplicate,

    /// <summary>The client has more unfinished publications than it may [MQTT-3.3.4-7].</summary>
    TooMany,
}

/// <summary>The packet identifiers of QoS 2 publications that a client sent and did not release yet.</summary>
/// <remarks>Threading: none of its own; under the session's gate. Owner: its session.</remarks>
internal sealed class ReceivedQos2
{
    private readonly HashSet<ushort> _ids = [];

    /// <summary>Notes an arrival.</summary>
    public ReceiveOutcome Begin(ushort packetId, int maximum)
    {
        if (_ids.Contains(packetId)) return ReceiveOutcome.Duplicate;
        if (_ids.Count >= maximum) return ReceiveOutcome.TooMany;
        _ids.Add(packetId);
        return ReceiveOutcome.New;
    }

    /// <summary>Whether the identifier is in use.</summary>
    public bool Contains(ushort packetId) => _ids.Contains(packetId);

    /// <summary>Frees an identifier; false if it was not in use.</summary>
    public bool End(ushort packetId) => _ids.Remove(packetId);
}

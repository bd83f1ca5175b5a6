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
    private readonly Dictionary<ushort, Entry> _ids = [];

    /// <summary>How many of them count against our Receive Maximum: those whose PUBLISH came on this connection.</summary>
    public int Charged { get; private set; }

    /// <summary>Notes an arrival.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="maximum">How many may be unfinished on this connection.</param>
    /// <param name="commit">Of a duplicate, what its acknowledgement has to wait for; 0 if nothing.</param>
    public ReceiveOutcome Begin(ushort packetId, int maximum, out long commit)
    {
        bool isKnown = _ids.TryGetValue(packetId, out Entry entry);
        commit = entry.Commit;
        if (!entry.IsCharged)
        {
            if (Charged >= maximum) return ReceiveOutcome.TooMany;
            Charged++;
            _ids[packetId] = entry with { IsCharged = true };
        }

        return isKnown ? ReceiveOutcome.Duplicate : ReceiveOutcome.New;
    }

    /// <summary>Notes the commit that every acknowledgement of a publication has to wait for, also on a later connection.</summary>
    public void Note(ushort packetId, long commit)
    {
        if (_ids.TryGetValue(packetId, out Entry entry)) _ids[packetId] = entry with { Commit = commit };
    }

    /// <summary>The identifier was written down, together with what its publication led to.</summary>
    public void Keep(ushort packetId)
    {
        if (_ids.TryGetValue(packetId, out Entry entry)) _ids[packetId] = entry with { IsKept = true };
    }

    /// <summary>A new connection begins with its whole quota: what an earlier one left does not count until it is sent again.</summary>
    public void BeginConnection()
    {
        foreach (ushort id in _ids.Keys) _ids[id] = _ids[id] with { IsCharged = false }; // no key is added: the walk stays valid
        Charged = 0;
    }

    /// <summary>Those that were written down. One whose publication is still on its way is not: after a crash it would pass for accepted.</summary>
    public IEnumerable<ushort> Kept => _ids.Where(id => id.Value.IsKept).Select(id => id.Key);

    /// <summary>Takes up an identifier of an earlier run of the broker.</summary>
    public void Restore(ushort packetId) => _ids[packetId] = new Entry { IsKept = true };

    /// <summary>Whether the identifier is in use.</summary>
    public bool Contains(ushort packetId) => _ids.ContainsKey(packetId);

    /// <summary>Frees an identifier; false if it was not in use.</summary>
    public bool End(ushort packetId)
    {
        if (!_ids.Remove(packetId, out Entry entry)) return false;
        if (entry.IsCharged) Charged--;
        return true;
    }

    private readonly record struct Entry(long Commit, bool IsCharged, bool IsKept);
}

using Broker.Core.Storage;

namespace Broker.Core.Sessions;

/// <content>QoS 2 publications of the client that are not finished.</content>
internal sealed partial class Session
{
    /// <summary>A QoS 2 publication arrives from the client: whether it is new, or one too many.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="maximum">How many may be unfinished on this connection.</param>
    /// <param name="commit">Of a duplicate, what its acknowledgement has to wait for; 0 if nothing.</param>
    public ReceiveOutcome BeginReceive(ushort packetId, int maximum, out long commit)
    {
        lock (_gate) return (_received ??= new ReceivedQos2()).Begin(packetId, maximum, out commit);
    }

    /// <summary>A QoS 2 publication was accepted; every PUBREC of it waits for this commit.</summary>
    public void NoteReceived(ushort packetId, long commit)
    {
        lock (_gate) _received?.Note(packetId, commit);
    }

    /// <summary>Writes down that a QoS 2 publication was accepted, if the session is kept, together with what was appended for it.</summary>
    public void KeepReceived(ushort packetId, AckLevel level)
    {
        lock (_gate)
        {
            if (Journal is not { } journal || _received is not { } received) return;
            received.Note(packetId, journal.Received(packetId, level));
            received.Keep(packetId);
        }
    }

    /// <summary>Unfinished QoS 2 publications that the client sent on this connection.</summary>
    public int Receiving
    {
        get
        {
            if (Volatile.Read(ref _received) is not { } received) return 0; // only whoever asks could make it
            lock (_gate) return received.Charged;
        }
    }

    /// <summary>A QoS 2 publication was refused: its identifier is free again.</summary>
    public void RefuseReceive(ushort packetId)
    {
        lock (_gate) _received?.End(packetId);
    }

    /// <summary>The client released a QoS 2 publication. False: the identifier was not known.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="commit">The commit that PUBCOMP has to wait for; 0 if none.</param>
    public bool EndReceive(ushort packetId, out long commit)
    {
        lock (_gate)
        {
            commit = 0;
            if (_received is null || !_received.End(packetId)) return false;
            commit = Journal?.ReceivedEnded(packetId) ?? 0;
            return true;
        }
    }

    /// <summary>Whether a packet identifier of the client is taken by an unfinished QoS 2 publication.</summary>
    public bool IsReceiving(ushort packetId)
    {
        if (Volatile.Read(ref _received) is not { } received) return false; // only whoever asks could make it
        lock (_gate) return received.Contains(packetId);
    }
}

using Broker.Core.Protocol;
using Broker.Core.Storage;

namespace Broker.Core.Publishing;

/// <summary>
/// The acknowledgements of one connection that wait for a commit. They leave in the order of what they acknowledge
/// [MQTT-4.6.0-2, MQTT-4.6.0-3], while the connection goes on reading.
/// </summary>
/// <remarks>Threading: any thread, under the gate of the connection's answers. Owner: the connection.</remarks>
internal sealed class AckQueue(IBrokerStore store)
{
    private Queue<PendingAck>? _pending;
    private long _awaited;

    /// <summary>The client's exchanges whose next answer waits: publications that were accepted, and packet identifiers that were released.</summary>
    public int Count { get; private set; }

    /// <summary>How many of them no unfinished QoS 2 exchange of the session stands for: QoS 1, and what was refused.</summary>
    public int CountBesideExchanges { get; private set; }

    /// <summary>Whether an acknowledgement may leave now; otherwise it is put in line.</summary>
    public bool TryPass(in PendingAck ack)
    {
        if (_pending is not { Count: > 0 } && (ack.Commit == 0 || store.IsCommitted(ack.Commit))) return true;
        (_pending ??= new Queue<PendingAck>()).Enqueue(ack);
        Account(ack, 1);
        return false;
    }

    /// <summary>Whether the connection has to ask the store to be told of a commit: it does so once for each.</summary>
    public bool MustAsk(long commit)
    {
        if (commit <= _awaited) return false;
        _awaited = commit;
        return true;
    }

    /// <summary>Takes the next acknowledgement whose commit is complete.</summary>
    public bool TryTake(out PendingAck ack)
    {
        if (_pending is not null && _pending.TryPeek(out ack) && (ack.Commit == 0 || store.IsCommitted(ack.Commit)))
        {
            _pending.Dequeue();
            Account(ack, -1);
            return true;
        }

        ack = default;
        return false;
    }

    private void Account(in PendingAck ack, int sign)
    {
        if (ack.Type == PacketType.PubRel) return; // of an exchange that we began
        Count += sign;
        bool isBesideExchanges = ack.Type is PacketType.PubAck or PacketType.PubComp || ack.ReasonCode >= ReasonCode.UnspecifiedError;
        if (isBesideExchanges) CountBesideExchanges += sign;
    }
}

/// <summary>An acknowledgement that is due once its commit is complete.</summary>
/// <param name="Type">PUBACK, PUBREC, PUBREL or PUBCOMP.</param>
/// <param name="PacketId">The publication's packet identifier.</param>
/// <param name="ReasonCode">What it says.</param>
/// <param name="Commit">The commit; 0 if there is nothing to wait for but its turn.</param>
internal readonly record struct PendingAck(PacketType Type, ushort PacketId, ReasonCode ReasonCode, long Commit);

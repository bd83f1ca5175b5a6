using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Core.Publishing;
using Broker.Core.Sessions;
using Broker.Core.Storage;

namespace Broker.Core.Connections;

/// <summary>
/// The acknowledgements that a client is owed for its publications: each leaves as soon as its commit is complete, in order
/// [MQTT-4.6.0-2, MQTT-4.6.0-3].
/// </summary>
/// <remarks>
/// Threading: any thread, under the gate of the connection's answers. Owner: the connection, which has none before something has
/// to wait: without a store nothing ever does.
/// </remarks>
internal sealed class Acknowledgements(ClientConnection connection) : ICommitWaiter
{
    private readonly AckQueue _queue = new(connection.Broker.Store);

    /// <summary>Publications that wait; and those of them that are not a QoS 2 exchange of the session.</summary>
    public (int All, int BesideExchanges) Counts => (_queue.Count, _queue.CountBesideExchanges);

    /// <summary>Acknowledges a publication now, or puts that in line.</summary>
    public static void Send(ClientConnection connection, ref Acknowledgements? waiting, in PendingAck ack, WakeBatch batch)
    {
        IBrokerStore store = connection.Broker.Store;
        using (Guarded<AnswerLane>.Access answers = connection.Answers())
        {
            bool passes = waiting is null && (ack.Commit == 0 || store.IsCommitted(ack.Commit));
            if (passes || (waiting ??= new Acknowledgements(connection))._queue.TryPass(ack)) Write(connection, ref answers.Value, ack);
            else if (waiting._queue.MustAsk(ack.Commit)) goto wait;
        }

        connection.MarkWaiting(batch);
        return;
    wait:
        store.WhenCommitted(ack.Commit, waiting);
    }

    /// <inheritdoc/>
    void ICommitWaiter.Committed()
    {
        using (Guarded<AnswerLane>.Access answers = connection.Answers())
        {
            if (connection.Phase >= Phase.Closing) return; // nothing follows DISCONNECT [MQTT-3.14.4-1]
            while (_queue.TryTake(out PendingAck ack)) Write(connection, ref answers.Value, ack);
        }

        WakeBatch batch = WakeBatch.Rent();
        connection.MarkWaiting(batch);
        batch.WakeAndReturn();
    }

    private static void Write(ClientConnection connection, ref AnswerLane lane, in PendingAck ack)
    {
        ReadOnlySpan<byte> text = connection.Facts.TextFor(ack.ReasonCode);
        AckPacket.Write(lane.Bytes, ack.Type, ack.PacketId, ack.ReasonCode, text, connection.Facts.Version);
        lane.Packets++;
    }
}

using Broker.Core.Primitives;
using Broker.Core.Sessions;
using Broker.Core.Storage;

namespace Broker.Core.Connections;

/// <summary>SUBACK or UNSUBACK: it leaves when the subscriptions are safe, and the first messages of new ones after it.</summary>
internal sealed class PendingAnswer(ClientConnection connection, OutputBuffer packet, List<Replay> replays) : ICommitWaiter
{
    /// <summary>Sends it.</summary>
    public void Send(WakeBatch batch)
    {
        using (packet)
        using (Guarded<AnswerLane>.Access answers = connection.Answers())
        {
            if (connection.Phase >= Phase.Closing) // nothing follows DISCONNECT
            {
                foreach (Replay replay in replays) replay.Dispose();
                return;
            }

            answers.Value.Bytes.Write(packet.WrittenSpan);
            answers.Value.Packets++;
        }

        connection.MarkWaiting(batch);
        foreach (Replay replay in replays) connection.Session!.Replay(replay, batch); // connected: it has a session
    }

    void ICommitWaiter.Committed()
    {
        WakeBatch batch = WakeBatch.Rent();
        try
        {
            Send(batch);
        }
        finally
        {
            batch.WakeAndReturn();
        }
    }
}

using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Core.Sessions;
using Broker.Core.Telemetry;

namespace Broker.Core.Connections;

/// <summary>The moment between a handshake and a connected client.</summary>
internal static class Welcome
{
    /// <summary>CONNACK leaves, and everything else may from now on.</summary>
    /// <param name="connection">The connection, whose handshake is over.</param>
    /// <param name="session">Its session.</param>
    /// <param name="connAck">What it is told.</param>
    /// <param name="request">What it asked for.</param>
    /// <param name="isPresent">Whether the session was there before.</param>
    /// <param name="batch">Collects the connections to wake.</param>
    public static void Accept(ClientConnection connection, Session session, in ConnAck connAck, ConnectRequest request, bool isPresent, WakeBatch batch)
    {
        BrokerContext broker = connection.Broker;
        bool isLate;
        using (Guarded<AnswerLane>.Access answers = connection.Answers())
        {
            isLate = !connection.TryBeginSession(session, request.KeepAlive);
            if (!isLate)
            {
                connAck.Write(answers.Value.Bytes, connection.Facts.Version);
                answers.Value.Packets++;
            }
        }

        if (isLate)
        {
            broker.Lifecycle.Disconnect(session, connection, connection.CloseReason, keepsWill: true, batch); // it left before it had a session to let go of
            return;
        }

        if (isPresent)
        {
            if (session.IsChangeOnly) connection.KeepUnsentShort();
            session.ReplayLost(batch);
            session.ReplayWithheld(batch);
        }

        broker.Logger.Connected(session.Identity.ClientId, connection.Info, connection.Facts.Version, request.KeepAlive, isPresent);
        connection.MarkWaiting(batch);
    }
}

using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Core.Sessions;

namespace Broker.Core.Connections;

/// <summary>PINGREQ: is anybody there?</summary>
internal static class PingHandler
{
    /// <summary>Answers with PINGRESP [MQTT-3.12.4-1].</summary>
    public static void Handle(ClientConnection connection, in Frame frame, WakeBatch batch)
    {
        if (!frame.Body.IsEmpty) ProtocolViolationException.Malformed("PINGREQ has no body");
        using (Guarded<AnswerLane>.Access answers = connection.Answers())
        {
            answers.Value.Bytes.Write(Ping.Response);
            answers.Value.Packets++;
        }

        connection.MarkWaiting(batch);
    }
}

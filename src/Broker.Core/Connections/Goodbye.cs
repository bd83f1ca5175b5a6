using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Core.Sessions;
using Broker.Core.Telemetry;

namespace Broker.Core.Connections;

/// <summary>What a client is told when its connection ends: DISCONNECT with a reason, or the CONNACK that refuses it.</summary>
/// <remarks>Threading: any thread; the first that ends a connection says why.</remarks>
internal static class Goodbye
{
    /// <summary>Ends the connection; an MQTT 5 client is told why.</summary>
    public static void Disconnect(ClientConnection connection, CloseReason reason, ReasonCode reasonCode, string? text)
    {
        using (Guarded<AnswerLane>.Access answers = connection.Answers())
        {
            bool isConnected = connection.Phase == Phase.Connected;
            bool isTold = isConnected && connection.Facts.IsV5 && reason != CloseReason.Disconnected;
            if (reason == CloseReason.Shutdown && isConnected) connection.Session!.Drain(connection, answers.Value.Bytes, out _); // what may leave, leaves
            if (!connection.TryBeginClosing(reason)) return;
            if (isTold)
            {
                DisconnectPacket.Write(answers.Value.Bytes, reasonCode, connection.Facts.TextThatFits(text));
                answers.Value.Packets++;
            }
        }

        Audit(connection, reason, reasonCode, text);
        connection.Broker.Logger.Disconnected(connection.ClientId ?? "?", connection.Info, reason, text);
        connection.LeaveAndHangUp();
    }

    /// <summary>The CONNECT is refused: CONNACK says why, then the connection ends.</summary>
    public static void Refuse(ClientConnection connection, ProtocolVersion version, ReasonCode reasonCode, string? text)
    {
        if (version != ProtocolVersion.V5 && !reasonCode.HasConnectReturnCode())
        {
            Disconnect(connection, CloseReason.Refused, reasonCode, text); // older versions have no word for it
            return;
        }

        using (Guarded<AnswerLane>.Access answers = connection.Answers())
        {
            if (!connection.TryBeginClosing(CloseReason.Refused)) return;
            var refusal = new ConnAck { ReasonCode = reasonCode, ReasonString = connection.Facts.TextThatFits(text) };
            if (connection.Facts.Takes(refusal.Size))
            {
                refusal.Write(answers.Value.Bytes, version);
                answers.Value.Packets++;
            }
        }

        connection.Broker.Metrics.Refuse(reasonCode);
        connection.Broker.Audit.Refused(connection.Info, connection.Handshake?.ClientId, reasonCode, text);
        connection.Broker.Logger.Refused(connection.Info, reasonCode, text);
        connection.LeaveAndHangUp();
    }

    private static void Audit(ClientConnection connection, CloseReason reason, ReasonCode reasonCode, string? text)
    {
        switch (reason)
        {
            case CloseReason.Refused or CloseReason.ConnectTimeout:
                connection.Broker.Audit.Refused(connection.Info, connection.Handshake?.ClientId, reasonCode, text);
                break;
            case CloseReason.Protocol when connection.ClientId is null:
                connection.Broker.Audit.Refused(connection.Info, connection.Handshake?.ClientId, reasonCode, text);
                break;
            case CloseReason.Protocol or CloseReason.Kicked or CloseReason.TakenOver or CloseReason.InternalError:
                connection.Broker.Audit.Closed(connection.Info, connection.ClientId, reasonCode, text);
                break;
        }
    }

    /// <summary>The client broke the protocol: it is told in the way that its version and the phase leave.</summary>
    public static void Violated(ClientConnection connection, ProtocolViolationException violation)
    {
        connection.Broker.Metrics.Refuse(violation.ReasonCode);
        bool isAnswered = connection.Phase < Phase.Connected && connection.Facts.Version != 0;
        if (isAnswered) Refuse(connection, connection.Facts.Version, violation.ReasonCode, violation.Message);
        else Disconnect(connection, CloseReason.Protocol, violation.ReasonCode, violation.Message);
    }

    /// <summary>The time is over in which something had to come from the client.</summary>
    public static void TooLate(ClientConnection connection)
    {
        switch (connection.Phase)
        {
            case Phase.AwaitingConnect:
                connection.Close(CloseReason.ConnectTimeout, "No CONNECT came in time");
                break;
            case Phase.Authenticating or Phase.AwaitingAuth:
                Refuse(connection, connection.Facts.Version, ReasonCode.ServerBusy, "Authentication took too long");
                break;
            case Phase.Connected:
                connection.Close(CloseReason.KeepAlive, "Nothing came for one and a half times the keep alive"); // [MQTT-3.1.2-22]
                break;
        }
    }
}

using Broker.Core.Protocol;
using Broker.Core.Sessions;

namespace Broker.Core.Connections;

/// <summary>DISCONNECT: the client says goodbye, perhaps with a new session expiry, perhaps asking for its will.</summary>
internal static class DisconnectHandler
{
    /// <summary>Ends the connection as the client wants it.</summary>
    public static void Handle(ClientConnection connection, in Frame frame)
    {
        DisconnectPacket packet = DisconnectPacket.Read(frame, connection.Facts.Version);
        if (packet.SessionExpiryInterval is { } seconds && connection.Session is { } session)
        {
            if (session.Expiry == TimeSpan.Zero && seconds != 0)
            {
                ProtocolViolationException.Protocol("A Session Expiry Interval of 0 cannot be raised by DISCONNECT"); // 3.14.2.2.2
            }

            connection.Broker.Lifecycle.ChangeExpiry(session, SessionExpiry.Within(seconds, connection.Limits));
        }

        // Only a plain goodbye discards the will [MQTT-3.14.4-3]; 3.x has no other [3.1.1 MQTT-3.14.4-3].
        connection.Disconnected(keepsWill: packet.ReasonCode != ReasonCode.Success);
    }
}

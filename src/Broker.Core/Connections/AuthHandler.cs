using System.Text;
using Broker.Core.Protocol;

namespace Broker.Core.Connections;

/// <summary>AUTH: the next round of the first authentication, or of a later one.</summary>
internal static class AuthHandler
{
    /// <summary>Hands the packet to the exchange that it belongs to.</summary>
    public static void Handle(ClientConnection connection, in Frame frame)
    {
        AuthPacket packet = AuthPacket.Read(frame);
        if (connection.Phase == Phase.AwaitingAuth)
        {
            connection.Handshake!.Continue(packet); // it made the connection wait for AUTH
            return;
        }

        string? method = packet.HasMethod ? Encoding.UTF8.GetString(packet.Method) : null;
        if (connection.Facts.AuthenticationMethod is null)
        {
            ProtocolViolationException.Protocol("AUTH came, but CONNECT named no authentication method"); // [MQTT-4.12.0-7]
        }

        if (method != connection.Facts.AuthenticationMethod)
        {
            ProtocolViolationException.Protocol("AUTH has another method than CONNECT"); // [MQTT-4.12.1-1]
        }

        switch (packet.ReasonCode)
        {
            case ReasonCode.ReAuthenticate:
                ReAuthentication.Begin(connection, packet.Data.ToArray());
                break;
            case ReasonCode.ContinueAuthentication when connection.ReAuthentication is { } running:
                running.Continue(packet.Data.ToArray());
                break;
            default:
                ProtocolViolationException.Protocol("AUTH does not continue anything");
                break;
        }
    }
}

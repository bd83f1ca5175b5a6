using System.Text;
using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Sessions;
using Broker.Core.Telemetry;

namespace Broker.Core.Connections;

/// <summary>What the first and every later authentication of a connection have in common.</summary>
internal static class EnhancedAuthentication
{
    /// <summary>The answer where an authenticator failed.</summary>
    public static AuthenticationStep Unavailable =>
        new(AuthenticationResult.Refuse(ReasonCode.ServerUnavailable, "Authentication is not available at the moment"), default);

    /// <summary>The authenticator of a method, or null.</summary>
    public static IEnhancedAuthenticator? Find(BrokerContext broker, string method)
    {
        foreach (IEnhancedAuthenticator authenticator in broker.EnhancedAuthenticators)
        {
            if (authenticator.Method == method) return authenticator;
        }

        return null;
    }

    /// <summary>Notes that an authenticator failed.</summary>
    public static void Failed(ClientConnection connection, Exception fault) => connection.Broker.Logger.AuthenticatorFailed(fault, connection.Info);

    /// <summary>
    /// Writes an AUTH packet with the connection's method, unless the connection is closing [MQTT-3.14.4-1]. A client that does
    /// not take a packet of its size cannot authenticate and is let go [MQTT-3.1.2-24].
    /// </summary>
    public static void Send(ClientConnection connection, ReasonCode reasonCode, ReadOnlySpan<byte> data)
    {
        byte[] method = Encoding.UTF8.GetBytes(connection.Facts.AuthenticationMethod!); // there is one where there is an exchange
        using var packet = new OutputBuffer();
        AuthPacket.Write(packet, reasonCode, method, data, default);
        if (!connection.Facts.Takes(packet.WrittenCount))
        {
            const string Text = "AUTH is larger than this client takes";
            if (connection.Phase < Phase.Connected) connection.Refuse(ProtocolVersion.V5, ReasonCode.PacketTooLarge, Text);
            else connection.Close(CloseReason.Kicked, ReasonCode.PacketTooLarge, Text);
            return;
        }

        using Guarded<AnswerLane>.Access answers = connection.Answers();
        if (connection.Phase >= Phase.Closing) return;
        answers.Value.Bytes.Write(packet.WrittenSpan);
        answers.Value.Packets++;
    }
}

using Broker.Core.Protocol;
using Broker.Core.Sessions;

namespace Broker.Core.Connections;

/// <summary>The one switch from packet type to handler.</summary>
internal static class PacketDispatch
{
    /// <summary>Handles one packet of a client.</summary>
    /// <exception cref="ProtocolViolationException">The packet breaks the protocol.</exception>
    public static void Handle(ClientConnection connection, in Frame frame, WakeBatch batch)
    {
        switch (connection.Phase)
        {
            case Phase.AwaitingConnect:
                Handshake.Begin(connection, frame, batch); // its type was checked at the first byte
                return;
            case Phase.AwaitingAuth when frame.Type is PacketType.Auth:
                AuthHandler.Handle(connection, frame);
                return;
            case Phase.AwaitingAuth when frame.Type is PacketType.Disconnect:
                DisconnectHandler.Handle(connection, frame);
                return;
            case Phase.AwaitingAuth:
                ProtocolViolationException.Protocol($"Only AUTH or DISCONNECT may come before CONNACK, not {frame.Type}"); // [MQTT-3.1.2-30]
                return;
        }

        switch (frame.Type)
        {
            case PacketType.Publish:
                PublishHandler.Handle(connection, frame, batch);
                break;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                AckHandler.Handle(connection, frame, batch);
                break;
            case PacketType.Subscribe:
                SubscribeHandler.Handle(connection, frame, batch);
                break;
            case PacketType.Unsubscribe:
                UnsubscribeHandler.Handle(connection, frame, batch);
                break;
            case PacketType.PingReq:
                PingHandler.Handle(connection, frame, batch);
                break;
            case PacketType.Disconnect:
                DisconnectHandler.Handle(connection, frame);
                break;
            case PacketType.Auth when connection.Facts.IsV5:
                AuthHandler.Handle(connection, frame);
                break;
            case PacketType.Connect:
                ProtocolViolationException.Protocol("A second CONNECT came on this connection"); // [MQTT-3.1.0-2]
                break;
            default:
                ProtocolViolationException.Protocol($"A client does not send {frame.Type}");
                break;
        }
    }
}

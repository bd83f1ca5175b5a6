using Broker.Core.Protocol;
using Broker.Core.Publishing;
using Broker.Core.Sessions;

namespace Broker.Core.Connections;

/// <summary>PUBACK, PUBREC and PUBCOMP for what we sent, PUBREL for what we received.</summary>
internal static class AckHandler
{
    /// <summary>Moves the exchange on, and answers where an answer is due.</summary>
    public static void Handle(ClientConnection connection, in Frame frame, WakeBatch batch)
    {
        AckPacket packet = AckPacket.Read(frame, connection.Facts.Version);
        Session session = connection.Session!; // connected: it has a session
        bool hasMore = true;
        switch (packet.Type)
        {
            case PacketType.PubAck:
                if (!session.Acknowledge(packet.PacketId, out hasMore)) OutOfPlace(packet);
                break;
            case PacketType.PubRec:
                bool refused = packet.ReasonCode >= ReasonCode.UnspecifiedError;
                if (!session.Received(packet.PacketId, refused, out ReasonCode? release, out long released)) OutOfPlace(packet);
                if (release is { } reason) connection.Acknowledge(new PendingAck(PacketType.PubRel, packet.PacketId, reason, released), batch); // [MQTT-4.3.3-3]
                break;
            case PacketType.PubComp:
                if (!session.Complete(packet.PacketId, out hasMore)) OutOfPlace(packet);
                break;
            case PacketType.PubRel:
                ReasonCode known = session.EndReceive(packet.PacketId, out long ended) ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound;
                connection.Acknowledge(new PendingAck(PacketType.PubComp, packet.PacketId, known, ended), batch); // [MQTT-4.3.3-11]
                break;
        }

        if (hasMore) connection.MarkWaiting(batch); // the window may have opened
    }

    private static void OutOfPlace(in AckPacket packet) =>
        ProtocolViolationException.Protocol($"{packet.Type} does not fit the state of packet identifier {packet.PacketId}");
}

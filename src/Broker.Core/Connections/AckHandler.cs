using Broker.Core.Primitives;
using Broker.Core.Protocol;
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
        switch (packet.Type)
        {
            case PacketType.PubAck:
                if (!session.Acknowledge(packet.PacketId)) OutOfPlace(packet);
                break;
            case PacketType.PubRec:
                bool refused = packet.ReasonCode >= ReasonCode.UnspecifiedError;
                if (!session.Received(packet.PacketId, refused, out ReasonCode? release)) OutOfPlace(packet);
                if (release is { } reason) Answer(connection, PacketType.PubRel, packet.PacketId, reason); // [MQTT-4.3.3-3]
                break;
            case PacketType.PubComp:
                if (!session.Complete(packet.PacketId)) OutOfPlace(packet);
                break;
            case PacketType.PubRel:
                ReasonCode known = session.EndReceive(packet.PacketId) ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound;
                Answer(connection, PacketType.PubComp, packet.PacketId, known); // [MQTT-4.3.3-11]
                break;
        }

        connection.MarkWaiting(batch); // the window may have opened
    }

    private static void Answer(ClientConnection connection, PacketType type, ushort id, ReasonCode reason)
    {
        ReadOnlySpan<byte> text = connection.Facts.TextFor(reason);
        using Guarded<AnswerLane>.Access answers = connection.Answers();
        AckPacket.Write(answers.Value.Bytes, type, id, reason, text, connection.Facts.Version);
        answers.Value.Packets++;
    }

    private static void OutOfPlace(in AckPacket packet) =>
        ProtocolViolationException.Protocol($"{packet.Type} does not fit the state of packet identifier {packet.PacketId}");
}

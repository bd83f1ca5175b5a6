using System.Diagnostics;
using System.Text.Unicode;
using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Publishing;
using Broker.Core.Security;
using Broker.Core.Sessions;
using Broker.Core.Storage;
using Broker.Core.Telemetry;
using Broker.Core.Topics;

namespace Broker.Core.Connections;

/// <summary>PUBLISH from a client: its topic, its QoS exchange, then the router, then the acknowledgement.</summary>
internal static class PublishHandler
{
    /// <summary>Takes a publication in.</summary>
    /// <exception cref="ProtocolViolationException">The packet breaks the protocol or a bound that no acknowledgement can name.</exception>
    public static void Handle(ClientConnection connection, in Frame frame, WakeBatch batch)
    {
        PublishPacket packet = PublishPacket.Read(frame, connection.Facts.Version, connection.Limits.UserProperties);
        ReadOnlySpan<byte> topic = packet.TopicAlias is { } alias ? connection.Aliases.Resolve(packet.Topic, alias) : packet.Topic;
        if (!Begins(connection, packet, batch)) return;

        ReasonCode reason = Check(connection, packet, topic);
        if (packet.Qos == QualityOfService.AtMostOnce && connection.Broker.Overload.Level == OverloadLevel.Hard)
        {
            connection.Broker.Metrics.Shed(); // QoS 0 promises nothing
            return;
        }

        long commit = 0;
        if (reason == ReasonCode.Success)
        {
            if (connection.Tenant is { } tenant && !Responses.IsResponse(topic)) topic = MountedTopic.Of(tenant, topic);
            var publication = new Publication
            {
                Topic = topic,
                Payload = packet.Payload,
                Properties = packet.Forwarded,
                Qos = packet.Qos,
                Retain = packet.Retain,
                MessageExpiryInterval = packet.MessageExpiryInterval,
                Publisher = connection.Session!.Identity, // connected: it has a session
            };
            using Activity? activity = Tracing.StartPublish(connection.Session.Identity.ClientId, topic, packet);
            reason = connection.Broker.Journal is { } journal && packet.Qos == QualityOfService.ExactlyOnce && connection.Session.IsKept
                ? RouteOnce(connection, publication, packet.PacketId, journal, batch, out commit)
                : connection.Broker.Router.Route(publication, connection.Session!.Subject, AccessAction.Publish, batch, out commit).ToReasonCode();
            Tracing.Note(activity, reason);
        }

        Finish(connection, packet, reason, commit, batch);
    }

    /// <summary>Routes a QoS 2 publication of a session that is kept: what it leads to and its packet identifier are one atom.</summary>
    private static ReasonCode RouteOnce(
        ClientConnection connection, in Publication publication, ushort packetId, Journal journal, WakeBatch batch, out long commit)
    {
        AckLevel level = journal.Policy.LevelOf(publication.Topic);
        journal.Store.BeginGroup();
        try
        {
            ReasonCode reason = connection.Broker.Router.Route(publication, connection.Session!.Subject, AccessAction.Publish, batch, out _).ToReasonCode();
            if (reason < ReasonCode.UnspecifiedError && level != AckLevel.Memory) connection.Session!.KeepReceived(packetId, level); // connected: it has a session
            return reason;
        }
        finally
        {
            commit = journal.Store.EndGroup();
        }
    }

    /// <summary>The packet identifier's part: false if the publication was routed before and only needs its PUBREC again.</summary>
    private static bool Begins(ClientConnection connection, in PublishPacket packet, WakeBatch batch)
    {
        if (packet.Qos == QualityOfService.AtMostOnce) return true;
        Session session = connection.Session!; // connected: it has a session
        int maximum = connection.Facts.IsV5 ? connection.Limits.ReceiveMaximum : ushort.MaxValue;
        (int all, int besideExchanges) = connection.UnacknowledgedPublications;
        if (all >= maximum) TooMany(maximum);
        if (packet.Qos == QualityOfService.AtLeastOnce)
        {
            if (besideExchanges + session.Receiving >= maximum) TooMany(maximum);
            if (!session.IsReceiving(packet.PacketId)) return true;
            Finish(connection, packet, ReasonCode.PacketIdentifierInUse, 0, batch);
            return false;
        }

        switch (session.BeginReceive(packet.PacketId, maximum - besideExchanges, out long commit))
        {
            case ReceiveOutcome.TooMany:
                TooMany(maximum);
                return false;
            case ReceiveOutcome.Duplicate:
                connection.Acknowledge(new PendingAck(PacketType.PubRec, packet.PacketId, ReasonCode.Success, commit), batch);
                return false;
            default:
                return true;
        }
    }

    private static ReasonCode Check(ClientConnection connection, in PublishPacket packet, ReadOnlySpan<byte> topic)
    {
        if (TopicName.Check(topic, connection.Limits.TopicBytes, connection.Limits.TopicLevels) != TopicFault.None) return ReasonCode.TopicNameInvalid;
        if (connection.Tenant is { } tenant && !MountedTopic.Fits(tenant, topic)) return ReasonCode.TopicNameInvalid;
        if (ReservedTopics.Contains(topic) && !Responses.IsResponse(topic)) return ReasonCode.NotAuthorized;
        bool isFalseText = packet.PayloadIsUtf8 && connection.Info.ValidatePayloadFormat && !Utf8.IsValid(packet.Payload);
        return isFalseText ? ReasonCode.PayloadFormatInvalid : ReasonCode.Success; // [MQTT-3.3.2-4] leaves the check to us
    }

    /// <summary>Acknowledges, or refuses in the way that the client's version and the QoS leave.</summary>
    private static void Finish(ClientConnection connection, in PublishPacket packet, ReasonCode reason, long commit, WakeBatch batch)
    {
        bool isRefused = reason >= ReasonCode.UnspecifiedError;
        if (isRefused)
        {
            connection.Broker.Metrics.Refuse(reason);
            if (packet.Qos == QualityOfService.ExactlyOnce) connection.Session!.RefuseReceive(packet.PacketId); // [MQTT-4.3.3-9]
            bool canTell = packet.Qos != QualityOfService.AtMostOnce && connection.Facts.IsV5;
            if (!canTell) RefuseWithoutWords(connection, packet, ref reason);
        }

        if (packet.Qos == QualityOfService.AtMostOnce) return;
        if (packet.Qos == QualityOfService.ExactlyOnce && commit != 0) connection.Session!.NoteReceived(packet.PacketId, commit);
        PacketType type = packet.Qos == QualityOfService.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec;
        connection.Acknowledge(new PendingAck(type, packet.PacketId, reason, commit), batch);
    }

    /// <summary>
    /// MQTT 3.x cannot say "no", and QoS 0 has no answer. What the client could never know better (no right) is dropped and
    /// counted; what it did wrong, or would lose, ends the connection.
    /// </summary>
    private static void RefuseWithoutWords(ClientConnection connection, in PublishPacket packet, ref ReasonCode reason)
    {
        bool isDropped = reason == ReasonCode.NotAuthorized
            || (reason == ReasonCode.QuotaExceeded && packet.Qos == QualityOfService.AtMostOnce);
        if (!isDropped) ProtocolViolationException.Throw(reason, System.Text.Encoding.UTF8.GetString(ReasonTexts.For(reason)));
        reason = ReasonCode.Success; // [3.1.1 MQTT-3.3.5-2]: a positive acknowledgement, or a closed connection
        if (packet.Qos == QualityOfService.ExactlyOnce) connection.Session!.BeginReceive(packet.PacketId, ushort.MaxValue, out _); // PUBREL follows
    }

    private static void TooMany(int maximum) =>
        ProtocolViolationException.Throw(
            ReasonCode.ReceiveMaximumExceeded, $"More than {maximum} QoS 1 and 2 publications are unfinished"); // [MQTT-3.3.4-7]
}

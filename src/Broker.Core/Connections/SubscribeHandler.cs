using Broker.Core.ChangeDetection;
using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Sessions;
using Broker.Core.Storage;
using Broker.Core.Topics;

namespace Broker.Core.Connections;

/// <summary>SUBSCRIBE: check and authorise each filter, add it, answer, then send what is retained.</summary>
internal static class SubscribeHandler
{
    /// <summary>Subscribes, and answers with SUBACK: a code for every filter, in their order [MQTT-3.8.4-6].</summary>
    public static void Handle(ClientConnection connection, in Frame frame, WakeBatch batch)
    {
        BrokerLimits limits = connection.Limits;
        SubscribePacket packet = SubscribePacket.Read(frame, connection.Facts.Version);
        if (packet.FilterCount > limits.FiltersPerSubscribe)
        {
            ProtocolViolationException.Throw(ReasonCode.QuotaExceeded, $"One SUBSCRIBE may have {limits.FiltersPerSubscribe} topic filters");
        }

        if (packet.UserPropertyCount > limits.UserProperties)
        {
            ProtocolViolationException.Throw(ReasonCode.QuotaExceeded, $"One packet may have {limits.UserProperties} user properties");
        }

        connection.Facts.CheckAnswerFits(packet.FilterCount);
        CheckFilters(connection, packet);
        var reasons = new byte[packet.FilterCount];
        List<Replay> replays = [];
        string? fault = SubscribeProperties.TryRead(packet.UserProperties, out ChangeOptions changes);
        bool isInUse = connection.Session!.IsReceiving(packet.PacketId); // connected: it has a session
        Journal? journal = connection.Broker.Journal;
        long commit = 0;
        journal?.Store.BeginGroup();
        try
        {
            for (int i = 0; packet.TryReadNext(out ReadOnlySpan<byte> filter, out SubscriptionOptions options); i++)
            {
                ReasonCode reason = isInUse
                    ? ReasonCode.PacketIdentifierInUse
                    : Subscribe(connection, filter, options, packet.SubscriptionIdentifier, fault is null ? changes : null, replays);
                if (reason >= ReasonCode.UnspecifiedError) connection.Broker.Metrics.Refuse(reason);
                reasons[i] = (byte)reason;
            }
        }
        finally
        {
            if (journal is not null) commit = journal.Store.EndGroup();
        }

        var answer = new OutputBuffer();
        SubAck.Write(answer, connection.Facts.Version, packet.PacketId, reasons, Text(connection, reasons, fault));
        if (connection.Session.IsChangeOnly) connection.KeepUnsentShort();
        connection.Answer(answer, commit, replays, batch); // the first messages after SUBACK, as clients expect it
    }

    /// <summary>What ends the connection does so before anything of the packet has taken effect.</summary>
    private static void CheckFilters(ClientConnection connection, SubscribePacket packet)
    {
        BrokerLimits limits = connection.Limits;
        while (packet.TryReadNext(out ReadOnlySpan<byte> utf8, out SubscriptionOptions options))
        {
            TopicFault fault = TopicFilter.TryParse(utf8, limits.TopicBytes, limits.TopicLevels, out TopicFilter filter);
            if (fault != TopicFault.None && !connection.Facts.IsV5)
            {
                ProtocolViolationException.Throw(ReasonCode.TopicFilterInvalid, $"A topic filter is not valid: {fault}"); // [3.1.1 MQTT-4.8.0-1]
            }

            if (options.NoLocal && filter.IsShared) ProtocolViolationException.Protocol("A shared subscription cannot be No Local"); // [MQTT-3.8.3-4]
        }
    }

    private static ReasonCode Subscribe(
        ClientConnection connection, ReadOnlySpan<byte> utf8, SubscriptionOptions options, int identifier, ChangeOptions? changes,
        List<Replay> replays)
    {
        BrokerContext broker = connection.Broker;
        TopicFault fault = TopicFilter.TryParse(utf8, broker.Limits.TopicBytes, broker.Limits.TopicLevels, out TopicFilter filter);
        if (fault != TopicFault.None) return ReasonCode.TopicFilterInvalid;
        if (connection.Tenant is { } tenant)
        {
            if (!MountedTopic.Fits(tenant, utf8)) return ReasonCode.TopicFilterInvalid;
            _ = TopicFilter.TryParse(MountedTopic.OfFilter(tenant, utf8), int.MaxValue, int.MaxValue, out filter); // sound as it was
        }

        if (!TryGrant(connection, filter, ref options)) return ReasonCode.NotAuthorized;

        ChangeCriteria? criteria = null;
        if (filter.IsChangeOnly)
        {
            if (changes is null) return ReasonCode.ImplementationSpecificError;
            criteria = changes.IsExact ? ChangeCriteria.Exact : new ChangeCriteria(changes);
        }

        SubscribeOutcome outcome = connection.Session!.Subscribe(filter, options, identifier, criteria, broker.Subscriptions, out Subscription? subscription);
        if (outcome == SubscribeOutcome.TooMany) return ReasonCode.QuotaExceeded;
        if (outcome == SubscribeOutcome.SessionEnded) return ReasonCode.UnspecifiedError;

        bool sendsRetained = !filter.IsShared && (options.RetainHandling == RetainHandling.Send
            || (options.RetainHandling == RetainHandling.SendIfNew && outcome == SubscribeOutcome.Added)); // [MQTT-3.3.1-9, MQTT-3.3.1-10, MQTT-3.3.1-11]
        if (sendsRetained) AddReplays(broker, filter, connection.Session, subscription!, replays); // added or changed: there is one
        return (ReasonCode)(byte)options.Qos;
    }

    /// <summary>Whether the client may have the subscription, at the QoS that it asked for or a lower one [MQTT-3.8.4-7].</summary>
    private static bool TryGrant(ClientConnection connection, TopicFilter filter, ref SubscriptionOptions options)
    {
        for (int qos = (int)options.Qos; qos >= 0; qos--)
        {
            var request = new AccessRequest
            {
                Subject = connection.Session!.Subject, // connected: it has a session
                Action = AccessAction.Subscribe,
                Topic = filter.Filter,
                ShareName = filter.Group,
                Qos = (QualityOfService)qos,
            };
            if (!connection.Broker.Authorizer.IsAllowed(request)) continue;
            options = options with { Qos = (QualityOfService)qos };
            return true;
        }

        return false;
    }

    private static void AddReplays(BrokerContext broker, TopicFilter filter, Session session, Subscription subscription, List<Replay> replays)
    {
        bool wantsValues = filter.IsChangeOnly || broker.Values.HasRules;
        if (wantsValues) replays.Add(session.FirstValues(subscription));
        LastValues? except = wantsValues ? broker.Values : null;
        Message[]? messages = broker.Retained.Match(filter.Filter, filter.HasWildcard);
        if (messages is null) replays.Add(new RetainedReplay(subscription, broker.Retained, filter.Filter.ToArray()) { Except = except });
        else if (messages.Length > 0) replays.Add(new RetainedReplay(subscription, messages) { Except = except });
    }

    private static ReadOnlySpan<byte> Text(ClientConnection connection, ReadOnlySpan<byte> reasons, string? fault)
    {
        bool isAboutFault = fault is not null && reasons.Contains((byte)ReasonCode.ImplementationSpecificError);
        if (isAboutFault && connection.Facts.SendsReasons) return connection.Facts.TextThatFits(fault, reasons.Length);
        foreach (byte reason in reasons)
        {
            ReadOnlySpan<byte> text = connection.Facts.TextFor((ReasonCode)reason, reasons.Length);
            if (!text.IsEmpty) return text;
        }

        return default;
    }
}

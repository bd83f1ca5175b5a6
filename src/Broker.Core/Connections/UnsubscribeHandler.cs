using Broker.Core.Limits;
using Broker.Core.Primitives;
using Broker.Core.Protocol;
using Broker.Core.Sessions;
using Broker.Core.Storage;

namespace Broker.Core.Connections;

/// <summary>UNSUBSCRIBE: removes filters, compared character by character [MQTT-3.10.4-1].</summary>
internal static class UnsubscribeHandler
{
    /// <summary>Unsubscribes, and answers with UNSUBACK: a code for every filter, in their order [MQTT-3.10.4-5].</summary>
    public static void Handle(ClientConnection connection, in Frame frame, WakeBatch batch)
    {
        BrokerLimits limits = connection.Limits;
        UnsubscribePacket packet = UnsubscribePacket.Read(frame, connection.Facts.Version);
        if (packet.FilterCount > limits.FiltersPerSubscribe)
        {
            ProtocolViolationException.Throw(ReasonCode.QuotaExceeded, $"One UNSUBSCRIBE may have {limits.FiltersPerSubscribe} topic filters");
        }

        if (packet.UserPropertyCount > limits.UserProperties)
        {
            ProtocolViolationException.Throw(ReasonCode.QuotaExceeded, $"One packet may have {limits.UserProperties} user properties");
        }

        connection.Facts.CheckAnswerFits(packet.FilterCount);
        var reasons = new byte[packet.FilterCount];
        bool isInUse = connection.Session!.IsReceiving(packet.PacketId); // connected: it has a session
        Journal? journal = connection.Broker.Journal;
        long commit = 0;
        journal?.Store.BeginGroup();
        try
        {
            for (int i = 0; packet.TryReadNext(out ReadOnlySpan<byte> filter); i++)
            {
                if (connection.Tenant is { } tenant) filter = MountedTopic.OfFilter(tenant, filter);
                ReasonCode reason = isInUse
                    ? ReasonCode.PacketIdentifierInUse
                    : connection.Session.Unsubscribe(filter, connection.Broker.Subscriptions, batch)
                        ? ReasonCode.Success
                        : ReasonCode.NoSubscriptionExisted;
                reasons[i] = (byte)reason;
            }
        }
        finally
        {
            if (journal is not null) commit = journal.Store.EndGroup();
        }

        var answer = new OutputBuffer();
        UnsubAck.Write(answer, connection.Facts.Version, packet.PacketId, reasons, default);
        connection.Answer(answer, commit, [], batch);
    }
}

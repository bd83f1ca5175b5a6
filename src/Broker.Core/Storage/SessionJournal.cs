using Broker.Core.ChangeDetection;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Sessions;

namespace Broker.Core.Storage;

/// <summary>What one session that is kept beyond its connection writes down.</summary>
/// <remarks>Threading: under the session's gate, so that the records of a session have the order of its changes. Owner: its session.</remarks>
internal sealed class SessionJournal(Journal journal, long session)
{
    private const byte HasDeadband = 1;
    private const byte IsRelative = 2;

    // Exchanges are kept whatever is promised for the topic: without them a message would come twice, not only be lost.
    private readonly AckLevel _exchange = journal.Policy.Ack == AckLevel.Memory ? AckLevel.Written : journal.Policy.Ack;

    /// <summary>The same delivery with a number of its own, if it is kept: QoS 1 and 2 of what is stored at all.</summary>
    public Delivery Number(in Delivery delivery)
    {
        bool isKept = delivery.Qos != QualityOfService.AtMostOnce && delivery.Message.AckLevel != AckLevel.Memory;
        return delivery.With(isKept ? journal.NextEntry() : 0);
    }

    /// <summary>A message waits for the session.</summary>
    public void Queued(in Delivery delivery)
    {
        if (delivery.Entry == 0) return;
        Message message = delivery.Message;
        int generation = journal.Generation;
        RecordWriter writer = RecordWriter.Rent();
        journal.Content(writer, message);
        Write(writer, delivery);
        journal.Store.Append(writer.Written, message.AckLevel);
        message.StoreGeneration = generation;
    }

    /// <summary>A message no longer waits for the session, or was acknowledged. Fields: session, entry.</summary>
    public void Removed(long entry)
    {
        if (entry == 0) return;
        RecordWriter writer = RecordWriter.Rent();
        writer.Begin(RecordKind.Removed).Int64(session).Int64(entry).End();
        journal.Store.Append(writer.Written, AckLevel.Memory);
    }

    /// <summary>A QoS 2 message got its packet identifier. Fields: session, entry, packet identifier.</summary>
    /// <returns>The commit before which it must not be sent; 0 if it may be.</returns>
    public long Assigned(in Delivery delivery, ushort packetId)
    {
        if (delivery.Entry == 0) return 0;
        RecordWriter writer = RecordWriter.Rent();
        WriteAssigned(writer, delivery.Entry, packetId);
        return journal.Store.Append(writer.Written, _exchange);
    }

    /// <summary>PUBREC came for a message. Fields: session, entry.</summary>
    /// <returns>The commit that PUBREL has to wait for; 0 if none.</returns>
    public long Released(long entry)
    {
        if (entry == 0) return 0;
        RecordWriter writer = RecordWriter.Rent();
        writer.Begin(RecordKind.Released).Int64(session).Int64(entry).End();
        return journal.Store.Append(writer.Written, _exchange);
    }

    /// <summary>A QoS 2 publication of the client was accepted. Fields: session, packet identifier.</summary>
    public long Received(ushort packetId, AckLevel level)
    {
        RecordWriter writer = RecordWriter.Rent();
        writer.Begin(RecordKind.Received).Int64(session).UInt16(packetId).End();
        return journal.Store.Append(writer.Written, level);
    }

    /// <summary>The client released a packet identifier. Fields: session, packet identifier.</summary>
    /// <returns>The commit that PUBCOMP has to wait for.</returns>
    public long ReceivedEnded(ushort packetId)
    {
        RecordWriter writer = RecordWriter.Rent();
        writer.Begin(RecordKind.ReceivedEnded).Int64(session).UInt16(packetId).End();
        return journal.Store.Append(writer.Written, _exchange);
    }

    /// <summary>A subscription is there, with these options.</summary>
    public void Subscribed(Subscription subscription)
    {
        RecordWriter writer = RecordWriter.Rent();
        Write(writer, subscription);
        journal.Store.Append(writer.Written, journal.Policy.Ack);
    }

    /// <summary>A subscription ended. Fields: session, filter.</summary>
    public void Unsubscribed(ReadOnlySpan<byte> filter)
    {
        RecordWriter writer = RecordWriter.Rent();
        writer.Begin(RecordKind.Unsubscribed).Int64(session).Bytes(filter).End();
        journal.Store.Append(writer.Written, journal.Policy.Ack);
    }

    /// <summary>Writes all that is known of the session again, for a checkpoint.</summary>
    /// <param name="owner">The session.</param>
    /// <param name="detachedAt">When its connection ended, in milliseconds since 1970; 0 while it has one.</param>
    /// <param name="subscriptions">Its subscriptions.</param>
    /// <param name="received">Packet identifiers of unfinished QoS 2 publications of the client.</param>
    /// <param name="deliveries">What waits and what is in flight, in order.</param>
    public void Snapshot(
        Session owner, long detachedAt, IEnumerable<Subscription> subscriptions, IEnumerable<ushort> received, List<KeptDelivery> deliveries)
    {
        int generation = journal.Generation;
        RecordWriter writer = RecordWriter.Rent();
        writer.Begin(RecordKind.SessionReset).Int64(session).End();
        if (owner.Will is { } will) journal.Content(writer, will.Message);
        Journal.Write(writer, owner, detachedAt);
        foreach (Subscription subscription in subscriptions) Write(writer, subscription);
        foreach (ushort id in received) writer.Begin(RecordKind.Received).Int64(session).UInt16(id).End();
        foreach (KeptDelivery kept in deliveries)
        {
            if (!kept.IsReleased) journal.Content(writer, kept.Delivery.Message);
            Write(writer, kept.Delivery, kept.IsReleased);
            if (kept.PacketId != 0) WriteAssigned(writer, kept.Delivery.Entry, kept.PacketId);
            if (kept.IsReleased) writer.Begin(RecordKind.Released).Int64(session).Int64(kept.Delivery.Entry).End();
        }

        journal.Store.Append(writer.Written, AckLevel.Memory);
        if (owner.Will is { } left) left.Message.StoreGeneration = generation;
        foreach (KeptDelivery kept in deliveries)
        {
            if (!kept.IsReleased) kept.Delivery.Message.StoreGeneration = generation;
        }
    }

    // Fields: session, filter, options (2 bits QoS, 4 No Local, 8 Retain As Published, 2 bits Retain Handling), identifier,
    // whether it is change-only; if so: flags, deadband, milliseconds of the minimum interval and of the maximum silence, how many pointers, pointers.
    private void Write(RecordWriter writer, Subscription subscription)
    {
        (SubscriptionOptions options, int identifier) = subscription.Current;
        int bits = (int)options.Qos | (options.NoLocal ? 4 : 0) | (options.RetainAsPublished ? 8 : 0) | ((int)options.RetainHandling << 4);
        writer.Begin(RecordKind.Subscribed).Int64(session).Bytes(subscription.Utf8Filter).Byte((byte)bits).Int32(identifier);
        ChangeCriteria? criteria = subscription.IsChangeOnly ? subscription.Changes?.Criteria ?? subscription.Group?.Criteria : null;
        writer.Byte(criteria is { Parts.Length: > 0 } ? (byte)1 : (byte)0);
        if (criteria is { Parts: [ChangeOptions changes, ..] })
        {
            int flags = changes.Deadband is { } band ? HasDeadband | (band.IsRelative ? IsRelative : 0) : 0;
            writer.Byte((byte)flags).Int64(BitConverter.DoubleToInt64Bits(changes.Deadband?.Width ?? 0));
            writer.Int64((long)changes.MinInterval.TotalMilliseconds).Int64((long)changes.MaxSilence.TotalMilliseconds).Int32(changes.Pointers.Count);
            foreach (JsonPointer pointer in changes.Pointers) writer.Text(pointer.Text);
        }

        writer.End();
    }

    // Fields: session, entry, message (0: it is no longer needed), flags (QoS, 4 retain, 8 shared), Subscription Identifier, how many more, these, the shared group if any.
    private void Write(RecordWriter writer, in Delivery delivery, bool withoutMessage = false)
    {
        int flags = (int)delivery.Qos | (delivery.Retain ? 4 : 0) | (delivery.Group is not null ? 8 : 0);
        writer.Begin(RecordKind.Queued).Int64(session).Int64(delivery.Entry).Int64(withoutMessage ? 0 : delivery.Message.StoreNumber);
        writer.Byte((byte)flags).Int32(delivery.Identifier).Int32(delivery.MoreIdentifiers?.Length ?? 0);
        foreach (int identifier in delivery.MoreIdentifiers ?? []) writer.Int32(identifier);
        if (delivery.Group is { } group) writer.Text(group.Key);
        writer.End();
    }

    private void WriteAssigned(RecordWriter writer, long entry, ushort packetId) =>
        writer.Begin(RecordKind.Assigned).Int64(session).Int64(entry).UInt16(packetId).End();
}

using System.Text;
using System.Text.Unicode;
using Broker.Core.ChangeDetection;
using Broker.Core.Connections;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Publishing;
using Broker.Core.Sessions;
using Broker.Core.Storage;
using Broker.Core.Topics;

namespace Broker.Core;

/// <summary>Puts what earlier runs left in the store into memory, before the first client comes.</summary>
/// <remarks>Threading: one thread, once.</remarks>
internal sealed class Restorer(BrokerContext broker, SessionRegistry sessions, Presence presence)
{
    private readonly RecoveredState _state = new();
    private readonly Dictionary<long, Message?> _messages = [];
    private readonly List<Session> _willsDue = [];
    private readonly List<KeptDelivery> _deliveries = []; // of one session after the other
    private readonly HashSet<ushort> _inFlight = [];
    private long _utcNow;

    /// <summary>Reads the store and takes up what it says.</summary>
    /// <exception cref="InvalidDataException">A newer broker wrote it, or it is damaged.</exception>
    public RecoverySummary Run(Journal journal)
    {
        _utcNow = broker.Clock.UtcNow.ToUnixTimeMilliseconds();
        journal.Store.Read(_state.Apply);
        _messages.EnsureCapacity(_state.Messages.Count);
        journal.Continue(_state.LastMessage, _state.LastEntry);
        foreach (long number in _state.Retained.Values)
        {
            if (Find(number, journal) is not { } message) continue;
            broker.Retained.Restore(message);
            Note(message);
        }

        foreach (long number in _state.Values.Values)
        {
            if (Find(number, journal) is { Payload.IsEmpty: false } message) Note(message); // an empty one says that there is no value any more
        }

        int queued = 0;
        foreach (RecoveredSession session in _state.Sessions.Values) queued += Restore(session, journal);
        foreach (Session session in _willsDue)
        {
            broker.Wills.PublishDue(session.Will!); // it is in the list because it has one
            session.Will = null;
        }

        foreach (Message? message in _messages.Values) message?.Release(); // whoever keeps it has a reference of its own
        return new RecoverySummary(_state.Sessions.Count, queued, broker.Retained.Count, _state.Bytes);
    }

    private int Restore(RecoveredSession recovered, Journal journal)
    {
        long detachedAt = recovered.DetachedAt == 0 ? _utcNow : recovered.DetachedAt;
        double left = Math.Clamp(detachedAt + recovered.Expiry.TotalMilliseconds - _utcNow, 0, recovered.Expiry.TotalMilliseconds);
        Session session = sessions.Restore(recovered.Number, recovered.Identity, recovered.Expiry, detachedAt, TimeSpan.FromMilliseconds(left));
        foreach ((string filter, RecoveredSubscription subscription) in recovered.Subscriptions) Subscribe(session, filter, subscription);
        _deliveries.Clear();
        _inFlight.Clear();
        foreach (ref readonly RecoveredEntry entry in recovered.Entries.Span)
        {
            if (entry.IsRemoved) continue;
            if (!IsSound(entry, _inFlight))
            {
                throw new InvalidDataException($"The store is damaged: session {recovered.Number} has a message that was released before it was sent, or without being QoS 2, or two with one packet identifier");
            }

            Message? message = entry.IsReleased ? null : Find(entry.Message, journal);
            if (message is null && !entry.IsReleased) continue; // it expired, or its publication was never complete
            message?.AddReference();
            SharedGroup? group = entry.Group is null ? null : session.GroupOf(entry.Group);
            var delivery = new Delivery(message!, entry.Qos, entry.Retain, entry.Identifier, entry.MoreIdentifiers, group, entry: entry.Number); // released: nobody touches it
            _deliveries.Add(new KeptDelivery(delivery, entry.PacketId, entry.IsReleased));
        }

        session.Restore(recovered.Received, _deliveries);
        RestoreWill(session, recovered, detachedAt, journal);
        if (recovered.DetachedAt == 0) journal.SessionChanged(session, detachedAt); // or the next start would begin to count anew
        WakeBatch batch = WakeBatch.Rent();
        presence.Offline(recovered.Identity.ClientId, CloseReason.Shutdown, batch);
        batch.WakeAndReturn();
        return _deliveries.Count;
    }

    private static bool IsSound(in RecoveredEntry entry, HashSet<ushort> inFlight)
    {
        if (entry.Qos > QualityOfService.ExactlyOnce || (entry.PacketId != 0 && !inFlight.Add(entry.PacketId))) return false;
        return !entry.IsReleased || (entry.PacketId != 0 && entry.Qos == QualityOfService.ExactlyOnce);
    }

    /// <summary>What is sent on has to be what a client could have published: subscribers are told nothing that is no MQTT.</summary>
    private static void CheckSound(long number, RecoveredMessage message)
    {
        bool isSound = message.Qos <= QualityOfService.ExactlyOnce && Utf8.IsValid(message.Topic.Span) && TopicName.Check(message.Topic.Span, int.MaxValue, int.MaxValue) == TopicFault.None;
        try
        {
            var properties = new PropertyReader(message.Properties.Span, PropertyPlace.Publish);
            while (properties.TryReadNext(out _, out _, out _, out _))
            {
                // Reading checks it.
            }
        }
        catch (ProtocolViolationException)
        {
            isSound = false;
        }

        if (!isSound) throw new InvalidDataException($"The store is damaged: the QoS, the topic or the properties of message {number} are none");
    }

    private void Subscribe(Session session, string key, RecoveredSubscription recovered)
    {
        if (TopicFilter.TryParse(Encoding.UTF8.GetBytes(key), int.MaxValue, int.MaxValue, out TopicFilter filter) != TopicFault.None) return;
        ChangeCriteria? criteria = recovered.Changes is null ? null : new ChangeCriteria(recovered.Changes);
        session.Subscribe(filter, recovered.Options, recovered.Identifier, criteria, broker.Subscriptions, out _);
    }

    /// <summary>A client that was connected when the run ended did not say goodbye: its will is due, after its delay.</summary>
    private void RestoreWill(Session session, RecoveredSession recovered, long detachedAt, Journal journal)
    {
        if (recovered.WillMessage == 0 || Find(recovered.WillMessage, journal) is not { } message) return;
        message.AddReference();
        uint? expiry = recovered.WillMessageExpiry < 0 ? null : (uint)recovered.WillMessageExpiry;
        var will = new Will(message, expiry, recovered.Identity, session.Subject, recovered.WillDelay, broker.Wills.PublishDue) { KeptBy = session.Number };
        session.Will = will;
        double left = Math.Clamp(detachedAt + recovered.WillDelay.TotalMilliseconds - _utcNow, 0, recovered.WillDelay.TotalMilliseconds);
        if (left == 0) _willsDue.Add(session); // as soon as everybody is there who is to get it
        else if (recovered.WillDelay < recovered.Expiry) broker.Wheel.Schedule(will, broker.Clock.Now + (long)left); // else it goes with the session [MQTT-3.1.2-8]
    }

    private void Note(Message message)
    {
        TopicState topic = broker.Values.FindOrAdd(message);
        broker.Values.Note(ref topic, message, _utcNow);
    }

    /// <summary>The message of a number, made when it is first asked for; null if it expired or is not there.</summary>
    private Message? Find(long number, Journal journal)
    {
        if (_messages.TryGetValue(number, out Message? made)) return made;
        if (!_state.Messages.TryGetValue(number, out ReadOnlyMemory<byte> fields)) return null;
        RecoveredMessage recovered = _state.Read(fields);
        CheckSound(number, recovered);
        long? left = recovered.Left(_utcNow);
        if (left == 0) return _messages[number] = null;
        var publication = new Publication
        {
            Topic = recovered.Topic.Span,
            Payload = recovered.Payload.Span,
            Properties = new ForwardedProperties(recovered.Properties.Span, recovered.Properties.Length),
            Qos = recovered.Qos,
            Retain = recovered.Retain,
            Publisher = recovered.Publisher,
        };
        Message message = broker.Messages.Create(publication, broker.Clock.Now);
        if (left is { } milliseconds) message.ExpiresAt = broker.Clock.Now + milliseconds;
        message.AckLevel = recovered.AckLevel;
        message.TakeStoreNumber(number);
        message.StoreGeneration = journal.Generation;
        return _messages[number] = message;
    }
}

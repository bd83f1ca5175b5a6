using System.Text;
using Broker.Core.Messages;
using Broker.Core.Security;

namespace Broker.Core.Storage;

/// <summary>What the records of earlier runs come to, read in order. Records about what is not known are about what a checkpoint left out, and are skipped.</summary>
/// <remarks>Threading: one thread, before the broker starts.</remarks>
internal sealed class RecoveredState
{
    private readonly Dictionary<ReadOnlyMemory<byte>, PublisherIdentity> _identities = new(new ByteComparer());

    /// <summary>Sessions by number.</summary>
    public Dictionary<long, RecoveredSession> Sessions { get; } = [];

    /// <summary>The fields of message records by number.</summary>
    public Dictionary<long, ReadOnlyMemory<byte>> Messages { get; } = [];

    /// <summary>The number of every topic's retained message.</summary>
    public Dictionary<string, long> Retained { get; } = new(StringComparer.Ordinal);

    /// <summary>The number of the message that change-only subscribers have, by topic.</summary>
    public Dictionary<string, long> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>The highest number of a message.</summary>
    public long LastMessage { get; private set; }

    /// <summary>The highest number of a delivery.</summary>
    public long LastEntry { get; private set; }

    /// <summary>Bytes that were read.</summary>
    public long Bytes { get; private set; }

    /// <summary>Takes the records of one commit.</summary>
    /// <exception cref="InvalidDataException">They are no records of a version that this broker knows.</exception>
    public void Apply(long commit, ReadOnlyMemory<byte> records)
    {
        Bytes += records.Length;
        var reader = new RecordReader(records);
        while (reader.TryReadNext())
        {
            try
            {
                Apply(ref reader);
            }
            catch (InvalidDataException e)
            {
                throw new InvalidDataException($"Commit {commit}, record {reader.Kind}: {e.Message}", e);
            }
        }
    }

    /// <summary>Reads the fields of a message.</summary>
    public RecoveredMessage Read(ReadOnlyMemory<byte> fields)
    {
        var reader = RecordReader.OfFields(fields);
        byte flags = reader.Byte();
        return new RecoveredMessage(
            (Protocol.QualityOfService)(flags & 3), (flags & 4) != 0, (AckLevel)reader.Byte(), reader.Int64(), reader.Int64(), reader.Bytes(), reader.Bytes(),
            reader.Bytes(), Identity(ref reader));
    }

    private void Apply(ref RecordReader reader)
    {
        switch (reader.Kind)
        {
            case RecordKind.Message:
                long message = reader.Int64();
                LastMessage = Math.Max(LastMessage, message);
                Messages[message] = reader.Fields;
                break;
            case RecordKind.Retained:
                message = reader.Int64();
                if (Messages.TryGetValue(message, out ReadOnlyMemory<byte> retained)) Retained[TopicOf(retained)] = message;
                break;
            case RecordKind.RetainedRemoved:
                Retained.Remove(reader.Text());
                break;
            case RecordKind.Value:
                message = reader.Int64();
                if (Messages.TryGetValue(message, out ReadOnlyMemory<byte> value)) Values[TopicOf(value)] = message;
                break;
            case RecordKind.Session:
                ReadSession(ref reader);
                break;
            case RecordKind.SessionEnded:
                Sessions.Remove(reader.Int64());
                break;
            case RecordKind.SessionReset:
                Sessions.Remove(reader.Int64());
                break;
            case RecordKind.CheckpointBegan or RecordKind.CheckpointEnded:
                break;
            case >= RecordKind.Subscribed and <= RecordKind.ReceivedEnded or RecordKind.WillGone:
                ApplyToSession(ref reader);
                break;
            default:
                throw new InvalidDataException("A newer broker wrote this; this one does not know it");
        }
    }

    private void ReadSession(ref RecordReader reader)
    {
        long number = reader.Int64();
        PublisherIdentity identity = Identity(ref reader);
        if (!Sessions.TryGetValue(number, out RecoveredSession? session)) Sessions[number] = session = new RecoveredSession(number, identity);
        session.Expiry = reader.Duration();
        session.DetachedAt = reader.Int64();
        session.WillMessage = reader.Int64();
        session.WillDelay = reader.Duration();
        session.WillMessageExpiry = reader.Int64();
    }

    private void ApplyToSession(ref RecordReader reader)
    {
        Sessions.TryGetValue(reader.Int64(), out RecoveredSession? session);
        bool isQueued = reader.Kind == RecordKind.Queued;
        long entry = isQueued || reader.Kind is RecordKind.Removed or RecordKind.Assigned or RecordKind.Released ? reader.Int64() : 0;
        LastEntry = Math.Max(LastEntry, entry);
        if (session is null) return;
        switch (reader.Kind)
        {
            case RecordKind.Subscribed:
                string filter = reader.Text();
                session.Subscriptions[filter] = RecoveredSubscription.Read(ref reader);
                break;
            case RecordKind.Unsubscribed:
                session.Subscriptions.Remove(reader.Text());
                break;
            case RecordKind.Queued:
                session.Entries.Set(RecoveredEntry.Read(entry, ref reader));
                break;
            case RecordKind.Removed:
                session.Entries.Remove(entry);
                break;
            case RecordKind.Assigned:
                if (session.Entries.TryGet(entry, out RecoveredEntry assigned)) session.Entries.Set(assigned with { PacketId = reader.UInt16() });
                break;
            case RecordKind.Released:
                if (session.Entries.TryGet(entry, out RecoveredEntry released)) session.Entries.Set(released with { IsReleased = true });
                break;
            case RecordKind.Received:
                session.Received.Add(reader.UInt16());
                break;
            case RecordKind.ReceivedEnded:
                session.Received.Remove(reader.UInt16());
                break;
            case RecordKind.WillGone:
                if (session.WillMessage == reader.Int64()) session.WillMessage = 0;
                break;
        }
    }

    private string TopicOf(ReadOnlyMemory<byte> fields) => Encoding.UTF8.GetString(Read(fields).Topic.Span);

    // Many messages have few publishers: each is one object, and known by its bytes.
    private PublisherIdentity Identity(ref RecordReader reader)
    {
        ReadOnlyMemory<byte> fields = reader.Fields;
        for (int left = 3; left > 0; left--) reader.Bytes();
        ReadOnlyMemory<byte> key = fields[..^reader.Fields.Length];
        if (_identities.TryGetValue(key, out PublisherIdentity? known)) return known;
        var text = RecordReader.OfFields(key);
        string clientId = text.Text();
        return _identities[key] = new PublisherIdentity(clientId, new Principal(text.Text(), text.Text()));
    }

    private sealed class ByteComparer : IEqualityComparer<ReadOnlyMemory<byte>>
    {
        public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<byte> bytes)
        {
            var hash = new HashCode();
            hash.AddBytes(bytes.Span);
            return hash.ToHashCode();
        }
    }
}

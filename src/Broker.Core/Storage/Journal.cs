using Broker.Core.Messages;
using Broker.Core.Sessions;
using Broker.Core.Time;

namespace Broker.Core.Storage;

/// <summary>
/// What the broker writes down, and how: every change of what must survive is a record, appended at the moment of the change and
/// under the lock that orders such changes, so that reading the log gives what was in memory.
/// </summary>
/// <remarks>
/// Threading: any thread. It is null where nothing is kept, so that a broker without a store pays one comparison. A message's
/// content is written with the first record that needs it, and once for all of them.
/// </remarks>
internal sealed class Journal(IBrokerStore store, StorePolicy policy, BrokerClock clock)
{
    private long _lastMessage;
    private long _lastEntry;
    private int _generation = 1;

    /// <summary>Where it writes to.</summary>
    public IBrokerStore Store { get; } = store;

    /// <summary>What is promised, and for which topics.</summary>
    public StorePolicy Policy { get; } = policy;

    /// <summary>Content with an earlier number than this was written before the latest checkpoint began.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>Numbers of earlier runs are not given again.</summary>
    public void Continue(long lastMessage, long lastEntry)
    {
        _lastMessage = lastMessage;
        _lastEntry = lastEntry;
    }

    /// <summary>A number for a delivery that waits.</summary>
    public long NextEntry() => Interlocked.Increment(ref _lastEntry);

    /// <summary>A session began, got another owner of its connection, or other properties. Fields: see <see cref="Write(RecordWriter, Session, long)"/>.</summary>
    /// <param name="session">The session.</param>
    /// <param name="detachedAt">When its connection ended, in milliseconds since 1970; 0 while it has one.</param>
    public long SessionChanged(Session session, long detachedAt)
    {
        int generation = Generation;
        RecordWriter writer = RecordWriter.Rent();
        if (session.Will is { } will) Content(writer, will.Message);
        Write(writer, session, detachedAt);
        long commit = Store.Append(writer.Written, detachedAt == 0 ? Policy.Ack : AckLevel.Memory); // nobody waits for the end of a connection
        if (session.Will is { } kept) kept.Message.StoreGeneration = generation;
        return commit;
    }

    /// <summary>A session is over. Fields: session.</summary>
    public void SessionEnded(long number)
    {
        RecordWriter writer = RecordWriter.Rent();
        writer.Begin(RecordKind.SessionEnded).Int64(number).End();
        Store.Append(writer.Written, Policy.Ack);
    }

    /// <summary>A session's will was published. Fields: session, message (by now the session may have the will of its next connection).</summary>
    public void WillGone(long number, Message message)
    {
        RecordWriter writer = RecordWriter.Rent();
        writer.Begin(RecordKind.WillGone).Int64(number).Int64(message.StoreNumber).End();
        Store.Append(writer.Written, AckLevel.Memory);
    }

    /// <summary>A message became its topic's retained one. Fields: message.</summary>
    public void Retained(Message message)
    {
        if (message.AckLevel == AckLevel.Memory) return;
        Refer(RecordKind.Retained, message, message.AckLevel);
    }

    /// <summary>A topic's retained message was removed. Fields: topic.</summary>
    public void RetainedRemoved(ReadOnlySpan<byte> topic, AckLevel level)
    {
        RecordWriter writer = RecordWriter.Rent();
        writer.Begin(RecordKind.RetainedRemoved).Bytes(topic).End();
        Store.Append(writer.Written, level);
    }

    /// <summary>A message is what change-only subscribers of its topic have. Fields: message.</summary>
    public void Value(Message message)
    {
        Refer(RecordKind.Value, message, AckLevel.Memory);
    }

    /// <summary>From here on all that is needed is written again. Fields: none.</summary>
    /// <returns>The commit that this is part of.</returns>
    public long BeginCheckpoint()
    {
        RecordWriter writer = RecordWriter.Rent();
        writer.Begin(RecordKind.CheckpointBegan).End();
        long commit = Store.Append(writer.Written, AckLevel.Memory);
        Interlocked.Increment(ref _generation); // after it: what is written in the new generation is certainly not deleted
        return commit;
    }

    /// <summary>All that is needed is written. Fields: none.</summary>
    public long EndCheckpoint()
    {
        RecordWriter writer = RecordWriter.Rent();
        writer.Begin(RecordKind.CheckpointEnded).End();
        return Store.Append(writer.Written, AckLevel.Fsync);
    }

    /// <summary>
    /// Adds a message's content, unless the log has it where no checkpoint deletes it. Fields: message, flags (QoS, 4 retain), level,
    /// when this is written and when it expires in milliseconds since 1970 (0: never), topic, properties, payload, the publisher's
    /// client identifier and principal (method, name).
    /// </summary>
    /// <remarks>
    /// Two threads may both write it, which is harmless. Once it is in the log, the caller sets the message's generation to what
    /// <see cref="Generation"/> was before this call, so nobody relies on it earlier.
    /// </remarks>
    public void Content(RecordWriter writer, Message message)
    {
        if (message.StoreNumber != 0 && message.StoreGeneration == Generation) return;
        if (message.StoreNumber == 0) message.TakeStoreNumber(Interlocked.Increment(ref _lastMessage));
        long now = clock.UtcMilliseconds;
        long expires = message.ExpiresAt == long.MaxValue ? 0 : now + Math.Max(1, message.ExpiresAt - clock.Now);
        writer.Begin(RecordKind.Message).Int64(message.StoreNumber)
            .Byte((byte)((int)message.Qos | (message.Retain ? 4 : 0))).Byte((byte)message.AckLevel).Int64(now).Int64(expires)
            .Bytes(message.Topic).Bytes(message.Properties).Bytes(message.Payload);
        Write(writer, message.Publisher);
        writer.End();
    }

    /// <summary>
    /// Adds a session's properties. Fields: session, client identifier, principal (method, name), milliseconds of expiry, when
    /// it was left (0: it is connected), the will's message (0: none), its delay in milliseconds, its message expiry in seconds (-1: none).
    /// </summary>
    public static void Write(RecordWriter writer, Session session, long detachedAt)
    {
        Will? will = session.Will;
        writer.Begin(RecordKind.Session).Int64(session.Number);
        Write(writer, session.Identity);
        writer.Int64((long)session.Expiry.TotalMilliseconds).Int64(detachedAt)
            .Int64(will?.Message.StoreNumber ?? 0).Int64((long)(will?.Delay.TotalMilliseconds ?? 0)).Int64(will?.MessageExpiryInterval ?? -1L)
            .End();
    }

    private static void Write(RecordWriter writer, PublisherIdentity identity) =>
        writer.Text(identity.ClientId).Text(identity.Principal.Method).Text(identity.Principal.Name);

    private void Refer(RecordKind kind, Message message, AckLevel level)
    {
        int generation = Generation;
        RecordWriter writer = RecordWriter.Rent();
        Content(writer, message);
        writer.Begin(kind).Int64(message.StoreNumber).End();
        Store.Append(writer.Written, level);
        message.StoreGeneration = generation;
    }
}

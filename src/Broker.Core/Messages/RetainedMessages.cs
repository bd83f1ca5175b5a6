using Broker.Core.Limits;
using Broker.Core.Storage;
using Broker.Core.Time;
using Broker.Core.Topics;

namespace Broker.Core.Messages;

/// <summary>The last retained message of every topic.</summary>
/// <remarks>
/// Threading: any thread; stores are serialised by the gate, so that bounds and "superseded" marks are exact, reads only by
/// the tree's own lock. Owner: it holds one reference of each message.
/// </remarks>
internal sealed class RetainedMessages(LimitsInForce inForce, TimingWheel wheel, ulong hashSeed, Journal? journal = null, Tenants? tenants = null)
{
    /// <summary>How many messages a search fetches at a time.</summary>
    public const int SearchPage = 256;

    private readonly Lock _gate = new();
    private readonly TopicTree<Message> _tree = new(hashSeed);
    private long _bytes;
    private long _lastNumber;
    private int _boundedCount; // of clients, under the gate
    private long _boundedBytes;

    /// <summary>How many topics have one.</summary>
    public int Count => _tree.Count;

    /// <summary>Bytes of all of them.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The number of the message that was stored last. Whoever subscribed before reading it gets every later one live.</summary>
    public long LastNumber => Interlocked.Read(ref _lastNumber);

    /// <summary>
    /// Stores a message as its topic's retained one, or removes the topic's if the payload is empty [MQTT-3.3.1-6,
    /// MQTT-3.3.1-7]. False if a bound would be passed; then nothing changed. What the broker says of itself is not bounded, and
    /// takes nothing from what clients may retain.
    /// </summary>
    public bool TryStore(Message message) => TryStore(message, isNew: true);

    /// <summary>Takes up a message of an earlier run of the broker, whatever the bounds are now.</summary>
    public void Restore(Message message) => TryStore(message, isNew: false);

    private bool TryStore(Message message, bool isNew)
    {
        lock (_gate)
        {
            if (message.Payload.IsEmpty)
            {
                if (_tree.Remove(message.Topic) is { } removed)
                {
                    if (removed.StoreNumber != 0) journal?.RetainedRemoved(message.Topic, message.AckLevel);
                    Forget(removed);
                }

                return true;
            }

            Message? current = _tree.Get(message.Topic);
            long bytes = _boundedBytes + message.Size - (current?.Size ?? 0);
            BrokerLimits limits = inForce.Current;
            bool isFull = bytes > limits.RetainedBytes || (current is null && _boundedCount >= limits.RetainedMessages);
            if (isNew && IsBounded(message) && (isFull || !FitsTenant(message, current))) return false;
            message.AddReference();
            message.RetainedNumber = Interlocked.Increment(ref _lastNumber); // before it can be found
            _tree.Set(message.Topic, message);
            Account(message, 1);
            if (isNew && message.AckLevel != AckLevel.Memory) journal?.Retained(message);
            else if (isNew && current is { StoreNumber: not 0 }) journal?.RetainedRemoved(message.Topic, AckLevel.Memory); // the store must not bring back an older one
            if (current is not null) Forget(current);
            if (message.ExpiresAt == long.MaxValue) return true;
            message.RetainedExpiry = new Expiry(this, message.Topic.ToArray(), message.ExpiresAt);
            wheel.Schedule(message.RetainedExpiry, message.ExpiresAt);
            return true;
        }
    }

    /// <summary>The message of one topic, with a reference for the caller; or null.</summary>
    public Message? Get(ReadOnlySpan<byte> topic) => _tree.Get<Access>(topic);

    /// <summary>
    /// The messages of every topic that a filter matches, each with a reference for the caller; null if they are more than
    /// <see cref="SearchPage"/>, which are to be fetched with <see cref="TryMatchNext"/>.
    /// </summary>
    public Message[]? Match(ReadOnlySpan<byte> filter, bool hasWildcard)
    {
        if (!hasWildcard) return Get(filter) is { } only ? [only] : [];
        var matches = new Matches<Message>();
        bool isComplete = _tree.TryMatch<Access>(filter, matches, SearchPage + 1);
        if (isComplete) return matches.Span.ToArray();
        foreach (Message message in matches.Span) message.Release();
        return null;
    }

    /// <summary>Fetches the next messages of a long search, each with a reference for the caller; false when it is over.</summary>
    public bool TryMatchNext(ReadOnlySpan<byte> filter, Matches<Message> page, ref TopicTreeCursor cursor) =>
        _tree.TryMatchNext<Access>(filter, page, SearchPage, ref cursor);

    /// <summary>Writes a message again for a checkpoint, if it is still its topic's.</summary>
    public void Checkpoint(Message message)
    {
        lock (_gate)
        {
            if (!message.IsSuperseded) journal?.Retained(message);
        }
    }

    private void Forget(Message message)
    {
        if (message.RetainedExpiry is { } expiry)
        {
            wheel.Cancel(expiry); // else a topic that is retained again and again would leave a timer behind each time
            message.RetainedExpiry = null;
        }

        message.IsSuperseded = true;
        Account(message, -1);
        message.Release();
    }

    private void Account(Message message, int sign)
    {
        Interlocked.Add(ref _bytes, sign * message.Size);
        if (!IsBounded(message)) return;
        _boundedCount += sign;
        _boundedBytes += sign * message.Size;
        if (tenants?.OfTopic(message.Topic)?.Budget is not { } budget) return;
        budget.Use(BudgetItem.RetainedMessages, sign);
        budget.Use(BudgetItem.RetainedBytes, sign * message.Size);
    }

    private bool FitsTenant(Message message, Message? current)
    {
        if (tenants?.OfTopic(message.Topic)?.Budget is not { } budget) return true;
        bool fits = (current is not null || budget.HasRoom(BudgetItem.RetainedMessages, 1))
            && budget.HasRoom(BudgetItem.RetainedBytes, message.Size - (current?.Size ?? 0));
        if (!fits) budget.Reached(current is null && !budget.HasRoom(BudgetItem.RetainedMessages, 1) ? BudgetItem.RetainedMessages : BudgetItem.RetainedBytes, null);
        return fits;
    }

    /// <summary>Whether a client published it; clients and the broker never write to the same topic.</summary>
    private static bool IsBounded(Message message) => message.Publisher != PublisherIdentity.Broker;

    private void RemoveExpired(byte[] topic, long expiresAt)
    {
        lock (_gate)
        {
            bool isSame = _tree.Get(topic) is { } current && current.ExpiresAt == expiresAt;
            if (!isSame || _tree.Remove(topic) is not { } removed) return;
            if (removed.StoreNumber != 0) journal?.RetainedRemoved(topic, AckLevel.Memory);
            Forget(removed);
        }
    }

    private readonly struct Access : ITreeValuePolicy<Message>, ITreeValueTopic<Message>
    {
        public static void OnTaken(Message value) => value.AddReference();

        public static ReadOnlySpan<byte> TopicOf(Message value) => value.Topic;
    }

    /// <summary>Removes an expired message, if it is still the topic's: it holds the topic, not the message, which may be gone.</summary>
    private sealed class Expiry(RetainedMessages retained, byte[] topic, long expiresAt) : WheelTimer
    {
        protected internal override void Expired(long nowMs) => retained.RemoveExpired(topic, expiresAt);
    }
}

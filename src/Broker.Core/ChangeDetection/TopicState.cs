using Broker.Core.Messages;
using Broker.Core.Protocol;

namespace Broker.Core.ChangeDetection;

/// <summary>What the broker knows of one topic: its last value, when it changed and was seen, and how far its rules have come.</summary>
/// <remarks>
/// Threading: value, numbers and users are read and written under the object's own lock, a leaf that nothing is called under;
/// the track under the lock of <see cref="LastValues"/> that its topic belongs to. Owner: <see cref="LastValues"/>; it holds one
/// reference of the value.
/// </remarks>
internal sealed class TopicState
{
    private static int _count;

    private readonly int _hashCode = Interlocked.Increment(ref _count); // one of the runtime's would cost far more beside the lock
    private Message? _value;
    private long _changeNumber;
    private int _users;
    private bool _isForgotten;
    private bool _isSettled;
    private QualityOfService _changeQos;

    /// <summary>A topic whose first value is about to be noted.</summary>
    /// <param name="criteria">What the rules for it ask for; null where no rule matches.</param>
    public TopicState(ChangeCriteria? criteria)
    {
        Criteria = criteria;
        if (criteria is { IsExact: false, IsShareable: true }) Track = new RuleTrack();
    }

    /// <summary>How many times the value changed.</summary>
    public long Version { get; private set; }

    /// <summary>When it last changed, in milliseconds since 1970.</summary>
    public long ChangedAt { get; private set; }

    /// <summary>When it was last published, in milliseconds since 1970.</summary>
    public long SeenAt { get; private set; }

    /// <summary>Runs through all topics: the order of their last changes, for cursors.</summary>
    public long ChangeNumber => Volatile.Read(ref _changeNumber);

    /// <summary>The number of what subscribers who share the rules (or compare bytes, where there are none) were sent last.</summary>
    public long PassNumber => Track?.Number ?? ChangeNumber;

    /// <summary>The QoS of what they were sent last, as it was published.</summary>
    public QualityOfService PassQos => Track?.Qos ?? _changeQos;

    /// <summary>What the rules for this topic ask for; null where no rule matches.</summary>
    public ChangeCriteria? Criteria { get; }

    /// <summary>Whether a rule asks for its value to be kept beyond the process.</summary>
    public bool IsStored => Criteria is { } rules && Array.Exists(rules.Rules, rule => rule.IsStored);

    /// <summary>What the rules let pass last; null where they ask for nothing but other bytes, or each subscriber has its own interval.</summary>
    public RuleTrack? Track { get; }

    /// <summary>Whether the broker no longer keeps it; its next value counts as a change.</summary>
    public bool IsForgotten => Volatile.Read(ref _isForgotten);

    // Under the gate of LastValues: the list of all states by their last change, and what the value counts for.
    internal TopicState? Older;
    internal TopicState? Newer;
    internal int CountedBytes = NotListed;

    /// <summary><see cref="CountedBytes"/> of what is not in the list.</summary>
    internal const int NotListed = -1;

    /// <summary>The value, with a reference for the caller; null if it has been forgotten.</summary>
    public Message? TakeValue() => TakeValue(out _);

    /// <summary>The value, with a reference for the caller; null if it has been forgotten.</summary>
    /// <param name="isSettled">Whether it is what subscribers who share the rules have been sent.</param>
    public Message? TakeValue(out bool isSettled)
    {
        lock (this)
        {
            isSettled = _isSettled;
            _value?.AddReference();
            return _value;
        }
    }

    /// <summary>A consistent picture for whoever polls, with a reference of the value; null if it has been forgotten.</summary>
    public TopicPicture? TakePicture()
    {
        lock (this)
        {
            if (_value is null) return null;
            _value.AddReference();
            return new TopicPicture(_value, Version, ChangedAt, SeenAt, ChangeNumber);
        }
    }

    /// <summary>
    /// Notes a publication. If the value is replaced, <paramref name="previous"/> is the one before with its reference, which
    /// the caller releases.
    /// </summary>
    /// <param name="message">What was published.</param>
    /// <param name="now">When.</param>
    /// <param name="isDelivering">Whether it is yet to be delivered as a change: then the topic is in use until the caller says that it is not.</param>
    /// <param name="previous">The value before.</param>
    public NoteOutcome Note(Message message, long now, bool isDelivering, out Message? previous)
    {
        lock (this)
        {
            previous = null;
            if (_isForgotten) return NoteOutcome.Forgotten;
            if (isDelivering) _users++;
            SeenAt = now;
            bool isFirst = _value is null;
            bool changed = isFirst || message.Payload.IsEmpty || !message.Payload.SequenceEqual(_value!.Payload); // not first: there is one
            bool isSame = !changed && _value!.ExpiresAt == message.ExpiresAt && message.Properties.SequenceEqual(_value.Properties);
            if (isSame) return NoteOutcome.Unchanged;

            // Unchanged bytes with a new expiry or other properties: pollers and new subscribers get the newer message.
            message.AddReference();
            previous = _value;
            _value = message;
            if (!changed) return NoteOutcome.Renewed;
            Version++;
            ChangedAt = now;
            _changeQos = message.Qos;
            _isSettled = !isDelivering;
            return isFirst ? NoteOutcome.First : NoteOutcome.Changed;
        }
    }

    /// <summary>The value has been delivered as a change: subscribers have it, or will have, or have something newer.</summary>
    public void Settle()
    {
        lock (this) _isSettled = true;
    }

    /// <summary>Gives the last change its place among the changes of all topics; under the gate of <see cref="LastValues"/>.</summary>
    public void Number(long changeNumber) => Volatile.Write(ref _changeNumber, changeNumber);

    /// <summary>Bytes of the value; 0 if there is none.</summary>
    public int Size
    {
        get { lock (this) return _value?.Size ?? 0; }
    }

    /// <summary>Whether this message is the value.</summary>
    public bool IsValue(Message message)
    {
        lock (this) return _value == message;
    }

    /// <summary>One more for whom the topic has to stay the same object: a delivery, or a value that waits.</summary>
    public void Use()
    {
        lock (this) _users++;
    }

    /// <summary>One less; true if it was the last one of a topic that has no value any more.</summary>
    public bool Leave()
    {
        lock (this) return --_users == 0 && _value is null;
    }

    /// <summary>Gives up the value; the caller gets its reference.</summary>
    public Message? Empty()
    {
        lock (this)
        {
            Message? value = _value;
            _value = null;
            return value;
        }
    }

    /// <summary>The end, if it has no value and nobody uses it.</summary>
    public bool TryForget()
    {
        lock (this)
        {
            if (_users > 0 || _value is not null) return false;
            Volatile.Write(ref _isForgotten, true);
            return true;
        }
    }

    /// <inheritdoc/>
    public override int GetHashCode() => _hashCode;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => ReferenceEquals(this, obj);
}

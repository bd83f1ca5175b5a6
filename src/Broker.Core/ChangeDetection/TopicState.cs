using Broker.Core.Messages;
using Broker.Core.Protocol;

namespace Broker.Core.ChangeDetection;

/// <summary>What the broker knows of one topic: its last value, when it changed and was seen, and how far its rules have come.</summary>
/// <remarks>
/// There may be a million of them, so the value is a copy in one array of just its size, behind the topic. The message itself is
/// held, counted, only where somebody else holds it as well (retained messages), where it was written to the store, or where it is
/// so large that copying would cost more than it saves.
/// <para>Threading: value, numbers and users are read and written under the object's own lock, a leaf that nothing but the pool of
/// messages is called under; the track under the lock of <see cref="LastValues"/> that its topic belongs to. The topic never changes.
/// Owner: <see cref="LastValues"/>.</para>
/// </remarks>
internal sealed class TopicState
{
    /// <summary>The largest <see cref="Message.Size"/> that is copied.</summary>
    public const int LargestCopy = 512;

    /// <summary><see cref="CountedBytes"/> of what is not in the list.</summary>
    internal const int NotListed = -1;

    private object? _rules; // their criteria; or the track, which has them
    private CopiedValue _copy; // and the topic
    private object? _value; // a Message; or, where the value is a copy, who published it; null where there is none
    private long _changeNumber;
    private int _users;
    private QualityOfService _changeQos;
    private bool _isForgotten;
    private bool _isSettled;
    private bool _isAnew; // other rules are in force since its last delivery as a change

    /// <summary>A topic whose first value is about to be noted.</summary>
    /// <param name="first">That value.</param>
    /// <param name="hash">The hash of the topic.</param>
    /// <param name="criteria">What the rules for it ask for; null where no rule matches.</param>
    public TopicState(Message first, uint hash, ChangeCriteria? criteria)
    {
        Hash = hash;
        _rules = TrackOf(criteria);
        _copy = new CopiedValue(first, hasRoom: IsCopied(first));
    }

    /// <summary>The topic name in UTF-8.</summary>
    public ReadOnlySpan<byte> Topic => _copy.Topic;

    /// <summary>The hash of the topic, under which <see cref="TopicIndex"/> has it.</summary>
    public uint Hash { get; }

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
    public ChangeCriteria? Criteria => Volatile.Read(ref _rules) is var rules && rules is RuleTrack track ? track.Criteria : (ChangeCriteria?)rules;

    /// <summary>Whether a rule asks for its value to be kept beyond the process.</summary>
    public bool IsStored => Criteria is { IsStored: true };

    /// <summary>What the rules let pass last; null where they ask for nothing but other bytes, or each subscriber has its own interval.</summary>
    public RuleTrack? Track => Volatile.Read(ref _rules) as RuleTrack;

    /// <summary>Whether the broker no longer keeps it; its next value counts as a change.</summary>
    public bool IsForgotten => Volatile.Read(ref _isForgotten);

    // Under the gate of LastValues: the list of all states by their last change, and what the value counts for.
    internal TopicState? Older;
    internal TopicState? Newer;
    internal int CountedBytes = NotListed;

    /// <summary>Whether <see cref="TopicIndex"/> has put it in its order; under that one's lock.</summary>
    internal bool IsOrdered;

    /// <summary>The value, with a reference for the caller; null if it has been forgotten.</summary>
    /// <param name="pool">Makes the message where the value is a copy.</param>
    /// <param name="isSettled">Whether it is what subscribers who share the rules have been sent.</param>
    public Message? TakeValue(MessagePool pool, out bool isSettled)
    {
        lock (this)
        {
            isSettled = _isSettled;
            return Take(pool);
        }
    }

    /// <summary>A consistent picture for whoever polls, with a reference of the value; null if it has been forgotten.</summary>
    public TopicPicture? TakePicture(MessagePool pool)
    {
        lock (this)
        {
            return Take(pool) is { } value ? new TopicPicture(value, Version, ChangedAt, SeenAt, ChangeNumber) : null;
        }
    }

    /// <summary>Notes a publication.</summary>
    /// <param name="message">What was published.</param>
    /// <param name="utcNow">When, in milliseconds since 1970.</param>
    /// <param name="delivering">
    /// How it is delivered as a change, if it is: then the topic is in use until the caller says that it is not, and the value before
    /// is looked at.
    /// </param>
    /// <param name="previous">The value that this one replaced, where it is compared with.</param>
    public NoteOutcome Note(Message message, long utcNow, in Delivering? delivering, out PreviousValue previous)
    {
        lock (this)
        {
            previous = default;
            if (_isForgotten) return NoteOutcome.Forgotten;
            if (delivering is not null) _users++;
            SeenAt = utcNow;
            bool isFirst = _value is null;
            bool changed = isFirst || message.Payload.IsEmpty || !message.Payload.SequenceEqual(Payload);
            bool isSame = !changed && ExpiresAt == message.ExpiresAt && message.Properties.SequenceEqual(Properties);
            if (isSame) return NoteOutcome.Unchanged;

            // Unchanged bytes with a new expiry or other properties: pollers and new subscribers get the newer message.
            if (changed && !isFirst && delivering is { } now && Track is null) previous = now.Previous(Payload, Criteria, Qos);
            Set(message);
            if (!changed) return NoteOutcome.Renewed;
            Version++;
            ChangedAt = utcNow;
            _changeQos = message.Qos;
            _isSettled = delivering is null;
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

    /// <summary>Bytes that topic and value take, with room that a longer value before left; 0 if there is no value.</summary>
    public int Size
    {
        get
        {
            lock (this)
            {
                if (_value is null) return 0;
                return _copy.Size + (_value is Message held ? held.Size - held.PrefixedTopic.Length : 0);
            }
        }
    }

    /// <summary>Whether this retained message is the value.</summary>
    public bool IsValue(Message message)
    {
        lock (this) return _value == message;
    }

    /// <summary>
    /// Puts other rules in force for it, under the lock that it is delivered under. Where they ask for the same, nothing happens but that
    /// the new ones count; where not, the next value is a change for everybody.
    /// </summary>
    /// <returns>Whether they ask for something else.</returns>
    public bool Adopt(ChangeCriteria? criteria)
    {
        lock (this)
        {
            bool isSame = criteria is null ? Criteria is null : criteria.IsSameAs(Criteria);
            if (!isSame)
            {
                _isAnew = true;
                Volatile.Write(ref _rules, TrackOf(criteria));
            }
            else if (_rules is RuleTrack track)
            {
                track.Criteria = criteria!; // the same as those that it has
            }
            else
            {
                Volatile.Write(ref _rules, criteria);
            }

            return !isSame;
        }
    }

    /// <summary>Whether other rules are in force since this was asked last; under the lock that it is delivered under.</summary>
    public bool TakeAnew()
    {
        bool isAnew = _isAnew;
        _isAnew = false;
        return isAnew;
    }

    /// <summary>Whether its value has this payload.</summary>
    public bool HasPayload(ReadOnlySpan<byte> payload)
    {
        lock (this) return _value is not null && payload.SequenceEqual(Payload);
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

    /// <summary>Gives up the value.</summary>
    public void Empty()
    {
        lock (this)
        {
            (_value as Message)?.Release();
            _value = null;
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
    public override int GetHashCode() => (int)Hash; // one of the runtime's would cost far more beside the lock

    /// <inheritdoc/>
    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    private static object? TrackOf(ChangeCriteria? criteria) => criteria is { IsExact: false, IsShareable: true } ? new RuleTrack(criteria) : criteria;

    private bool IsCopied(Message message) => !message.Retain && message.Size <= LargestCopy && !IsStored;

    // What follows is under the lock.
    private ReadOnlySpan<byte> Properties => _value is Message held ? held.Properties : _copy.Properties;

    private ReadOnlySpan<byte> Payload => _value is Message held ? held.Payload : _copy.Payload;

    private QualityOfService Qos => _value is Message held ? held.Qos : _copy.Qos;

    private long ExpiresAt => _value is Message held ? held.ExpiresAt : _copy.ExpiresAt;

    private Message? Take(MessagePool pool)
    {
        if (_value is not Message held) return _value is PublisherIdentity publisher ? _copy.ToMessage(pool, publisher) : null;
        held.AddReference();
        return held;
    }

    private void Set(Message message)
    {
        var before = _value as Message;
        if (IsCopied(message))
        {
            _copy.Set(message);
            _value = message.Publisher;
        }
        else
        {
            message.AddReference();
            _value = message;
        }

        before?.Release();
    }
}

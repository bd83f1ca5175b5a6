using Broker.Core.Messages;
using Broker.Core.Time;

namespace Broker.Core.ChangeDetection;

/// <summary>What the broker knows of one topic: its last value, when it changed and was seen, and how far its rules have come.</summary>
/// <remarks>
/// Threading: the value is read and replaced under the object's own lock, a leaf that nothing is called under; everything else
/// under the lock of <see cref="LastValues"/> that its topic belongs to. Owner: <see cref="LastValues"/>; it holds one
/// reference of the value.
/// </remarks>
internal sealed class TopicState(ChangeCriteria? criteria)
{
    private Message? _value;

    /// <summary>How many times the value changed.</summary>
    public long Version { get; private set; }

    /// <summary>When it last changed, in milliseconds since 1970.</summary>
    public long ChangedAt { get; private set; }

    /// <summary>When it was last published, in milliseconds since 1970.</summary>
    public long SeenAt { get; private set; }

    /// <summary>Runs through all topics: the order of their last changes, for cursors.</summary>
    public long ChangeNumber { get; private set; }

    /// <summary>What the rules for this topic ask for; null where no rule matches.</summary>
    public ChangeCriteria? Criteria { get; } = criteria;

    /// <summary>What the rules passed last; null where no rule matches, or none looks at more than bytes.</summary>
    public ChangeTrack? Track { get; } = criteria is null || criteria.IsExact ? null : new ChangeTrack();

    /// <summary>The timer that passes the newest value when the rules' minimum interval is over; null if none runs.</summary>
    public WheelTimer? Hold { get; set; }

    /// <summary>Whether the broker no longer keeps it; its next value counts as a change.</summary>
    public bool IsForgotten { get; private set; }

    // The list of all states by their last change; under the gate of LastValues.
    internal TopicState? Older;
    internal TopicState? Newer;

    /// <summary>The value, with a reference for the caller; null if it has been forgotten.</summary>
    public Message? TakeValue()
    {
        lock (this)
        {
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
    public NoteOutcome Note(Message message, long now, out Message? previous)
    {
        lock (this)
        {
            previous = null;
            if (IsForgotten) return NoteOutcome.Forgotten;
            SeenAt = now;
            bool changed = _value is null || message.Payload.IsEmpty || !message.Payload.SequenceEqual(_value.Payload);
            bool isSame = !changed && _value!.ExpiresAt == message.ExpiresAt && message.Properties.SequenceEqual(_value.Properties);
            if (isSame) return NoteOutcome.Unchanged;

            // Unchanged bytes with a new expiry or other properties: pollers and new subscribers get the newer message.
            message.AddReference();
            previous = _value;
            _value = message;
            if (!changed) return NoteOutcome.Renewed;
            Version++;
            ChangedAt = now;
            return NoteOutcome.Changed;
        }
    }

    /// <summary>Gives the last change its place among the changes of all topics; under the gate of <see cref="LastValues"/>.</summary>
    public void Number(long changeNumber)
    {
        lock (this) ChangeNumber = changeNumber;
    }

    /// <summary>The broker keeps it no longer. Returns the bytes that are free now.</summary>
    public int Forget()
    {
        lock (this)
        {
            IsForgotten = true;
            int size = _value?.Size ?? 0;
            _value?.Release();
            _value = null;
            return size;
        }
    }
}

/// <summary>What a publication meant for its topic's value.</summary>
internal enum NoteOutcome
{
    /// <summary>The value is another one.</summary>
    Changed,

    /// <summary>The same bytes with another expiry or other properties.</summary>
    Renewed,

    /// <summary>The value is the same.</summary>
    Unchanged,

    /// <summary>The topic was forgotten a moment ago: look it up again.</summary>
    Forgotten,
}

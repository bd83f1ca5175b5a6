namespace Broker.Core.ChangeDetection;

/// <summary>What was sent last on one topic, as far as the next value is compared with it.</summary>
/// <remarks>Threading: none of its own; whoever owns it says what guards it.</remarks>
internal sealed class ChangeTrack
{
    private Fingerprint _first;
    private Fingerprint[]? _rest;
    private long _sentAt;
    private bool _isKnown;

    /// <summary>When the next message may go out, in milliseconds of the broker's clock.</summary>
    public long DueAt(ChangeCriteria criteria) => _isKnown ? _sentAt + criteria.MinInterval : 0;

    /// <summary>Whether a value would go out now. Remembers nothing: call <see cref="Sent"/> when it did.</summary>
    public ChangeVerdict Decide(ReadOnlySpan<byte> payload, ChangeCriteria criteria, long now, ulong key)
    {
        if (!_isKnown) return ChangeVerdict.Send;
        bool isSilent = criteria.MaxSilence > 0 && now - _sentAt > criteria.MaxSilence;
        if (!isSilent && !IsChange(payload, criteria, key)) return ChangeVerdict.Unchanged;
        return now < DueAt(criteria) ? ChangeVerdict.TooSoon : ChangeVerdict.Send;
    }

    /// <summary>A value went out.</summary>
    public void Sent(ReadOnlySpan<byte> payload, ChangeCriteria criteria, long now, ulong key)
    {
        _isKnown = true;
        _sentAt = now;
        _first = Fingerprint.Of(payload, criteria.Parts[0], key);
        if (criteria.Parts.Length == 1) return;
        _rest ??= new Fingerprint[criteria.Parts.Length - 1];
        for (int i = 0; i < _rest.Length; i++) _rest[i] = Fingerprint.Of(payload, criteria.Parts[i + 1], key);
    }

    private bool IsChange(ReadOnlySpan<byte> payload, ChangeCriteria criteria, ulong key)
    {
        if (!Fingerprint.Of(payload, criteria.Parts[0], key).IsChangeFrom(_first, criteria.Parts[0])) return false;
        for (int i = 0; i < (_rest?.Length ?? 0); i++)
        {
            ChangeOptions part = criteria.Parts[i + 1];
            if (!Fingerprint.Of(payload, part, key).IsChangeFrom(_rest![i], part)) return false; // one a part
        }

        return true;
    }
}

/// <summary>What becomes of a value.</summary>
internal enum ChangeVerdict
{
    /// <summary>It goes out.</summary>
    Send,

    /// <summary>It is what was sent last.</summary>
    Unchanged,

    /// <summary>It is a change, but the minimum interval is not over.</summary>
    TooSoon,
}

namespace Broker.Core.ChangeDetection;

/// <summary>A value that was sent, as far as the next one is compared with it: its fingerprints and when it went out.</summary>
internal readonly struct SentValue
{
    private readonly Fingerprint _first;
    private readonly Fingerprint[]? _rest; // where several rules and options count together
    private readonly long _at;

    private SentValue(Fingerprint first, Fingerprint[]? rest, long at)
    {
        _first = first;
        _rest = rest;
        _at = at;
        IsKnown = true;
    }

    /// <summary>Whether anything was sent; nothing is compared with a value that is not known: the next one is a change.</summary>
    public bool IsKnown { get; }

    /// <summary>Takes the fingerprints of a payload.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="criteria">What will be compared.</param>
    /// <param name="now">When it is sent, in milliseconds of the broker's clock.</param>
    /// <param name="key">The key of the digests.</param>
    public static SentValue Of(ReadOnlySpan<byte> payload, ChangeCriteria criteria, long now, ulong key)
    {
        ChangeOptions[] parts = criteria.Parts;
        Fingerprint[]? rest = parts.Length > 1 ? new Fingerprint[parts.Length - 1] : null;
        for (int i = 1; i < parts.Length; i++) rest![i - 1] = Fingerprint.Of(payload, parts[i], key); // there is one a further part
        return new SentValue(Fingerprint.Of(payload, parts[0], key), rest, now);
    }

    /// <summary>The same value, sent at another time.</summary>
    public SentValue At(long now) => new(_first, _rest, now);

    /// <summary>When the next message may go out, in milliseconds of the broker's clock.</summary>
    public long DueAt(ChangeCriteria criteria) => IsKnown ? _at + criteria.MinInterval : 0;

    /// <summary>Whether it was sent at the same time as another one.</summary>
    public bool IsAsOldAs(in SentValue other) => _at == other._at;

    /// <summary>What becomes of the next value after this one; both were taken with the same criteria.</summary>
    public ChangeVerdict Decide(in SentValue next, ChangeCriteria criteria, long now)
    {
        if (!IsKnown) return ChangeVerdict.Send;
        bool isSilent = criteria.MaxSilence > 0 && now - _at > criteria.MaxSilence;
        if (!isSilent && !next.IsChangeFrom(this, criteria)) return ChangeVerdict.Unchanged;
        return now < DueAt(criteria) ? ChangeVerdict.TooSoon : ChangeVerdict.Send;
    }

    private bool IsChangeFrom(in SentValue last, ChangeCriteria criteria)
    {
        if (_rest?.Length != last._rest?.Length) return true; // rules changed meanwhile: nothing to compare with
        if (!_first.IsChangeFrom(last._first, criteria.Parts[0])) return false;
        for (int i = 0; i < (_rest?.Length ?? 0); i++)
        {
            if (!_rest![i].IsChangeFrom(last._rest![i], criteria.Parts[i + 1])) return false; // one a further part, in both
        }

        return true;
    }
}

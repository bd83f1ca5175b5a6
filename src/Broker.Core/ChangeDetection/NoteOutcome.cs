namespace Broker.Core.ChangeDetection;

/// <summary>What a publication meant for its topic's value.</summary>
internal enum NoteOutcome
{
    /// <summary>The topic was not known, or had been forgotten.</summary>
    First,

    /// <summary>The value is another one.</summary>
    Changed,

    /// <summary>The same bytes with another expiry, QoS or other properties.</summary>
    Renewed,

    /// <summary>The value is the same.</summary>
    Unchanged,

    /// <summary>The topic was forgotten a moment ago: look it up again.</summary>
    Forgotten,
}

namespace Broker.Core.ChangeDetection;

/// <summary>
/// All that decides together whether a value goes out: a subscription's options, the rules for a topic, or both. A value has to
/// be a change for every part; the longest minimum interval and the shortest maximum silence hold.
/// </summary>
/// <remarks>Threading: immutable.</remarks>
internal sealed class ChangeCriteria
{
    /// <summary>Combines options.</summary>
    public ChangeCriteria(params ReadOnlySpan<ChangeOptions> parts)
    {
        Parts = parts.ToArray();
        foreach (ChangeOptions part in parts)
        {
            long interval = (long)part.MinInterval.TotalMilliseconds;
            long silence = (long)part.MaxSilence.TotalMilliseconds;
            MinInterval = Math.Max(MinInterval, interval);
            if (silence > 0 && (MaxSilence == 0 || silence < MaxSilence)) MaxSilence = silence;
        }
    }

    /// <summary>Compares bytes, without a time limit.</summary>
    public static ChangeCriteria Exact { get; } = new(ChangeOptions.Exact);

    /// <summary>What is compared.</summary>
    public ChangeOptions[] Parts { get; }

    /// <summary>Milliseconds between two messages; 0 for none.</summary>
    public long MinInterval { get; }

    /// <summary>Milliseconds after which an unchanged value goes out again; 0 for never.</summary>
    public long MaxSilence { get; }

    /// <summary>Whether bytes are compared and nothing depends on time: then the topic's own "changed" answers, and nothing else is kept.</summary>
    public bool IsExact => Array.TrueForAll(Parts, part => part.IsExact);

    /// <summary>The rules that it was made from, for their counters.</summary>
    public ChangeRule[] Rules
    {
        get;
        init
        {
            field = value;
            IsStored = Array.Exists(value, rule => rule.IsStored);
        }
    } = [];

    /// <summary>Whether one of those rules asks for values to be kept beyond the process.</summary>
    public bool IsStored { get; private init; }

    /// <summary>Whether every part looks at nothing but the bytes.</summary>
    public bool ComparesBytes => Array.TrueForAll(Parts, p => p.ComparesBytes);

    /// <summary>
    /// Whether subscribers can be told by it together: a minimum interval runs for each of them from what it was sent.
    /// </summary>
    public bool IsShareable => MinInterval == 0;

    /// <summary>Whether it matters when a value was sent.</summary>
    public bool IsTimed => MinInterval > 0 || MaxSilence > 0;

    /// <summary>Whether two of them ask for the same.</summary>
    public bool IsSameAs(ChangeCriteria? other)
    {
        if (other is null || other.Parts.Length != Parts.Length) return false;
        for (int i = 0; i < Parts.Length; i++)
        {
            if (!Parts[i].IsSameAs(other.Parts[i])) return false;
        }

        return true;
    }
}

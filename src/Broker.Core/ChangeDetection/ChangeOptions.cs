namespace Broker.Core.ChangeDetection;

/// <summary>What counts as a change, and how often changes and unchanged values go out. The default compares bytes.</summary>
public sealed record ChangeOptions
{
    /// <summary>Compares bytes, without a time limit.</summary>
    public static ChangeOptions Exact { get; } = new();

    /// <summary>The band that a number has to leave; null: every different value is a change.</summary>
    public Deadband? Deadband { get; init; }

    /// <summary>The places in a JSON payload that count; empty: the whole payload.</summary>
    public IReadOnlyList<JsonPointer> Pointers { get; init; } = [];

    /// <summary>At most one message for a topic in this time; zero: no limit.</summary>
    public TimeSpan MinInterval { get; init; }

    /// <summary>An unchanged value goes out again when the last one sent is older than this; zero: never.</summary>
    public TimeSpan MaxSilence { get; init; }

    /// <summary>Whether nothing but bytes is compared, and nothing depends on time.</summary>
    public bool IsExact => Deadband is null && Pointers.Count == 0 && MinInterval == TimeSpan.Zero && MaxSilence == TimeSpan.Zero;

    /// <summary>Whether two values can be compared as they are, without looking into them.</summary>
    internal bool ComparesBytes => Deadband is null && Pointers.Count == 0;

    /// <summary>Whether two options ask for the same.</summary>
    internal bool IsSameAs(ChangeOptions other) =>
        Deadband == other.Deadband && MinInterval == other.MinInterval && MaxSilence == other.MaxSilence
        && Pointers.Select(p => p.Text).SequenceEqual(other.Pointers.Select(p => p.Text), StringComparer.Ordinal);
}

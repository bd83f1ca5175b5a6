namespace Broker.Core.ChangeDetection;

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

using Broker.Core.ChangeDetection;

namespace Broker.Core.Polling;

/// <summary>The values that a caller has already: what <c>If-None-Match</c> says.</summary>
/// <param name="Tags">Their tags.</param>
/// <param name="IsAny">Whether the caller has any value that there is (<c>*</c>); a long poll then waits for the next one.</param>
public readonly record struct KnownTags(ValueTag[] Tags, bool IsAny)
{
    /// <summary>The caller has none.</summary>
    public static KnownTags None { get; } = new([], false);
}

using Broker.Core.ChangeDetection;
using Broker.Core.Polling;
using Microsoft.Extensions.Primitives;

namespace Broker.Host.Polling;

/// <summary>Entity tags (RFC 9110 section 8.8.3) and the condition that is made with them.</summary>
internal static class EntityTags
{
    // A caller that knows more values than this gets one of them again.
    private const int MostTags = 64;

    /// <summary>A tag as it stands in <c>ETag</c>.</summary>
    public static string Format(ValueTag tag) => $"\"{tag}\"";

    /// <summary>
    /// What <c>If-None-Match</c> says. The comparison is weak, as that header wants it (section 13.1.2): <c>W/</c> does not count.
    /// Tags that are none of this broker's match nothing.
    /// </summary>
    public static KnownTags Read(StringValues ifNoneMatch)
    {
        List<ValueTag>? tags = null;
        foreach (string? line in ifNoneMatch)
        {
            ReadOnlySpan<char> rest = line;
            if (rest.Trim() is "*") return KnownTags.None with { IsAny = true };
            while (!rest.IsEmpty)
            {
                int open = rest.IndexOf('"'); // commas and W/ stand before it; a comma inside a tag does not end it
                if (open < 0) break;
                rest = rest[(open + 1)..];
                int close = rest.IndexOf('"');
                if (close < 0) break;
                if (ValueTag.TryParse(rest[..close], out ValueTag tag) && (tags ??= []).Count < MostTags) tags.Add(tag);
                rest = rest[(close + 1)..];
            }
        }

        return tags is null ? KnownTags.None : new KnownTags([.. tags], IsAny: false);
    }
}

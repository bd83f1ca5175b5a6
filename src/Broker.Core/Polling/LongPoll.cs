using Broker.Core.ChangeDetection;
using Broker.Core.Time;

namespace Broker.Core.Polling;

/// <summary>A caller that waits for a value that it does not have. The result is that value; null tells the caller to look once more.</summary>
internal sealed class LongPoll(KnownTags known, ValueTagger tagger, BrokerClock clock) : ValueWatcher
{
    /// <inheritdoc/>
    protected internal override bool Wants(TopicPicture? picture)
    {
        if (picture is null) return known.Tags.Length > 0; // it had a value, which is gone
        return !picture.Value.HasExpired(clock.Now) && !known.Tags.Contains(picture.TagOf(tagger));
    }

    /// <inheritdoc/>
    protected internal override void Expired(long nowMs) => TryComplete(null);
}

using Broker.Core.Time;

namespace Broker.Core.ChangeDetection;

/// <summary>Somebody who waits for a topic's value to be another one: at once the wish and its place among those of the topic.</summary>
/// <remarks>Owner: whoever waits; the links belong to <see cref="ValueWatchers"/>.</remarks>
internal abstract class ValueWatcher : Pending<TopicPicture?>
{
    internal ValueWatcher? Preceding;
    internal ValueWatcher? Following;
    internal ValueWatchers.Row? Row;

    /// <summary>
    /// Whether this is what it waits for. Called under a lock: it may not call anything of the broker, and what it answers has to
    /// be the same for the same picture.
    /// </summary>
    /// <param name="picture">The topic's value now; null if there is none any more.</param>
    protected internal abstract bool Wants(TopicPicture? picture);
}

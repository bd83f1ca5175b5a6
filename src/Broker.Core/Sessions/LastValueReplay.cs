using Broker.Core.ChangeDetection;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Topics;

namespace Broker.Core.Sessions;

/// <summary>
/// The last values of the topics that a change-only subscription matches, or, for an ordinary one, of those that rules make
/// change-only: what a new subscriber gets first, and what may have been lost. Each value is fetched when it is its turn, so it
/// is the value of that moment.
/// </summary>
/// <param name="subscription">Whose.</param>
/// <param name="ledger">What it was sent.</param>
/// <param name="values">Where the values are.</param>
/// <param name="filter">The filter in UTF-8.</param>
/// <param name="scope">Which values are sent.</param>
/// <remarks>Threading and owner: see <see cref="Replay"/>.</remarks>
internal sealed class LastValueReplay(Subscription subscription, ChangeLedger ledger, LastValues values, byte[] filter, ReplayScope scope)
    : Replay(subscription)
{
    private readonly List<TopicState> _page = [];
    private TopicTreeCursor _cursor;
    private bool _isPaged;
    private bool _hasMore = true;
    private int _next;

    /// <summary>Only topics that changed with this number or later are sent; 0 for all.</summary>
    public long Since { get; init; }

    /// <inheritdoc/>
    public override bool IsFinished => _next >= _page.Count && !_hasMore;

    /// <inheritdoc/>
    public override bool TryTake(bool windowOpen, long now, out ReplayStep step)
    {
        step = default;
        (SubscriptionOptions options, int identifier) = Subscription.Current;
        while (_next < _page.Count || TryFetch())
        {
            TopicState topic = _page[_next];
            Message? value = IsWanted(topic, options.Qos) ? values.TakeValue(topic, out bool isSettled) : Nothing(out isSettled);
            if (value is null || value.Payload.IsEmpty) // empty: there is no value to tell
            {
                _next++;
                value?.Release();
                continue;
            }

            QualityOfService qos = value.Qos < options.Qos ? value.Qos : options.Qos;
            bool isSkipped = value.HasExpired(now) || Subscription.IsOwn(value, options);
            if (!isSkipped && qos != QualityOfService.AtMostOnce && !windowOpen)
            {
                value.Release();
                return false;
            }

            _next++;
            step = new ReplayStep(new Delivery(value, qos, retain: true, identifier), topic, isSettled, isSkipped); // as a retained message is
            return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _page.Clear();
        _next = 0;
        _hasMore = false;
    }

    private static Message? Nothing(out bool isSettled)
    {
        isSettled = true;
        return null;
    }

    private bool IsWanted(TopicState topic, QualityOfService granted)
    {
        if (topic.ChangeNumber < Since || (!Subscription.IsChangeOnly && topic.Criteria is null)) return false;
        return scope == ReplayScope.All || ledger.IsOwed(topic, Subscription.SyncedFrom, granted);
    }

    private bool TryFetch()
    {
        while (_hasMore)
        {
            _page.Clear();
            _next = 0;
            bool isComplete = !_isPaged && values.TryMatch(filter, _page);
            _isPaged = !isComplete;
            _hasMore = !isComplete && values.TryMatchNext(filter, _page, ref _cursor);
            if (_page.Count > 0) return true;
        }

        return false;
    }
}

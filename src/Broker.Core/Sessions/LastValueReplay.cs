using Broker.Core.ChangeDetection;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Topics;

namespace Broker.Core.Sessions;

/// <summary>
/// The last values of the topics that a change-only subscription matches: what a new subscriber gets first. Each value is
/// fetched when it is its turn, a page at a time, so it is the value of that moment.
/// </summary>
/// <param name="subscription">Whose.</param>
/// <param name="values">Where the values are.</param>
/// <param name="filter">The filter in UTF-8.</param>
/// <param name="onlyRuled">Whether only topics that a rule makes change-only are sent, and of those only what is not retained.</param>
/// <remarks>Threading and owner: see <see cref="Replay"/>.</remarks>
internal sealed class LastValueReplay(Subscription subscription, LastValues values, byte[] filter, bool onlyRuled) : Replay(subscription)
{
    private readonly List<(TopicState State, Message Value)> _page = [];
    private TopicTreeCursor _cursor;
    private bool _hasMore = true;
    private int _next;

    /// <inheritdoc/>
    public override bool IsFinished => _next >= _page.Count && !_hasMore;

    /// <inheritdoc/>
    public override bool TryTake(bool windowOpen, long now, out Delivery delivery, out TopicState? topic)
    {
        (SubscriptionOptions options, int identifier) = Subscription.Current;
        while (_next < _page.Count || TryFetch())
        {
            (TopicState state, Message value) = _page[_next];
            bool isWanted = !onlyRuled || (state.Criteria is not null && !value.Retain);
            if (!isWanted || value.HasExpired(now) || value.Payload.IsEmpty || Subscription.IsOwn(value, options))
            {
                _next++;
                value.Release();
                continue;
            }

            QualityOfService qos = value.Qos < options.Qos ? value.Qos : options.Qos;
            if (qos != QualityOfService.AtMostOnce && !windowOpen) break;
            _next++;
            delivery = new Delivery(value, qos, retain: true, identifier); // as a retained message is
            topic = state;
            return true;
        }

        delivery = default;
        topic = null;
        return false;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        while (_next < _page.Count) _page[_next++].Value.Release();
        _hasMore = false;
    }

    private bool TryFetch()
    {
        while (_hasMore)
        {
            _page.Clear();
            _next = 0;
            _hasMore = values.TryMatchNext(filter, _page, ref _cursor);
            if (_page.Count > 0) return true;
        }

        return false;
    }
}

using Broker.Core.ChangeDetection;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Topics;

namespace Broker.Core.Sessions;

/// <summary>
/// The retained messages that a new subscription is owed, sent as the client takes them: they never count against its queue,
/// and of a long list only one page is held. A message that was replaced meanwhile, or retained only after the subscription
/// was made, is skipped: what is newer came as a live message, and must not come before an older one of those.
/// </summary>
/// <remarks>Threading: none of its own; under the session's gate. Owner: its session; each message in it is a reference.</remarks>
internal sealed class RetainedReplay : Replay
{
    private readonly RetainedMessages? _source;
    private readonly byte[] _filter = [];
    private readonly Matches<Message>? _fetched;
    private readonly long _lastNumber = long.MaxValue;
    private TopicTreeCursor _cursor;
    private bool _hasMore;
    private Message[] _page;
    private int _next;

    /// <summary>A replay of a few messages.</summary>
    /// <param name="subscription">Whose.</param>
    /// <param name="messages">The messages; their references go over to the replay.</param>
    public RetainedReplay(Subscription subscription, Message[] messages)
        : base(subscription)
    {
        _page = messages;
    }

    /// <summary>A replay that is fetched page by page.</summary>
    /// <param name="subscription">Whose.</param>
    /// <param name="source">Where the messages are.</param>
    /// <param name="filter">The filter in UTF-8.</param>
    public RetainedReplay(Subscription subscription, RetainedMessages source, byte[] filter)
        : base(subscription)
    {
        _source = source;
        _lastNumber = source.LastNumber; // the subscription is made: what is retained from now on comes live
        _filter = filter;
        _fetched = new Matches<Message>();
        _hasMore = true;
        _page = [];
    }

    /// <summary>Topics that are change-only for the subscription, and whose value is known here, are left out: another replay sends that. Null: none is left out.</summary>
    public LastValues? Except { get; init; }

    /// <inheritdoc/>
    public override bool IsFinished => _next >= _page.Length && !_hasMore;

    /// <inheritdoc/>
    public override bool TryTake(bool windowOpen, long now, out ReplayStep step)
    {
        (SubscriptionOptions options, int identifier) = Subscription.Current;
        while (_next < _page.Length || TryFetch())
        {
            Message message = _page[_next];
            bool isElsewhere = message.IsSuperseded || message.RetainedNumber > _lastNumber || IsInLastValues(message);
            if (isElsewhere || message.HasExpired(now) || Subscription.IsOwn(message, options))
            {
                _next++;
                message.Release();
                continue;
            }

            QualityOfService qos = message.Qos < options.Qos ? message.Qos : options.Qos;
            if (qos != QualityOfService.AtMostOnce && !windowOpen) break;
            _next++;
            step = new ReplayStep(new Delivery(message, qos, retain: true, identifier)); // [MQTT-3.3.1-8]
            return true;
        }

        step = default;
        return false;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        while (_next < _page.Length) _page[_next++].Release();
        _page = [];
        _next = 0;
        _hasMore = false;
    }

    private bool IsInLastValues(Message message) =>
        Except?.Find(message.Topic) is { Size: > 0 } topic && (Subscription.IsChangeOnly || topic.Criteria is not null);

    private bool TryFetch()
    {
        while (_hasMore)
        {
            Matches<Message> fetched = _fetched!; // there is more only where pages are fetched
            fetched.Clear();
            _hasMore = _source!.TryMatchNext(_filter, fetched, ref _cursor);
            _page = fetched.Span.ToArray();
            _next = 0;
            if (_page.Length > 0) return true;
        }

        return false;
    }
}

using Broker.Core.ChangeDetection;
using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Core.Topics;

namespace Broker.Core.Sessions;

/// <content>Its subscriptions.</content>
internal sealed partial class Session
{
    /// <summary>Filters that it subscribed to.</summary>
    public int SubscriptionCount
    {
        get { lock (_gate) return _subscriptions.Count; }
    }

    /// <summary>The shared group that one of its filters is a member of, or null.</summary>
    public SharedGroup? GroupOf(string filter)
    {
        lock (_gate) return _subscriptions.Find(System.Text.Encoding.UTF8.GetBytes(filter))?.Group;
    }

    /// <summary>Subscribes to a filter, or changes the options of a subscription that is there [MQTT-3.8.4-3].</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="options">What the client asked for.</param>
    /// <param name="identifier">The Subscription Identifier; 0 for none.</param>
    /// <param name="criteria">What counts as a change, where only changes are wanted; null otherwise.</param>
    /// <param name="all">The broker's subscriptions, where it is added.</param>
    /// <param name="subscription">The subscription, if there is one now.</param>
    public SubscribeOutcome Subscribe(
        TopicFilter filter, SubscriptionOptions options, int identifier, ChangeCriteria? criteria, Subscriptions all, out Subscription? subscription)
    {
        ReadOnlySpan<byte> key = filter.Key;
        lock (_gate)
        {
            subscription = null;
            if (_ended) return SubscribeOutcome.SessionEnded;
            subscription = _subscriptions.Find(key);
            if (subscription is not null)
            {
                subscription.Change(options, identifier);
                _outgoing?.KnownChanges?.Change(subscription, criteria, wantsFirst: options.RetainHandling == RetainHandling.Send);
                Journal?.Subscribed(subscription);
                return SubscribeOutcome.Changed;
            }

            if (_subscriptions.Count >= environment.Limits.SubscriptionsPerSession) return SubscribeOutcome.TooMany;
            if (Budget?.TryUse(BudgetItem.Subscriptions, 1, Subject) == false) return SubscribeOutcome.TooMany;
            subscription = new Subscription(this, key.ToArray()) { IsChangeOnly = filter.IsChangeOnly };
            subscription.Change(options, identifier);
            if (criteria is not null && !filter.IsShared) subscription.Changes = Outgoing.Changes.NewLedger(criteria);
            _subscriptions.Add(subscription);
            all.Add(subscription, filter, criteria);
            Journal?.Subscribed(subscription);
            bool mayBeChangeOnly = filter.IsChangeOnly || filter.IsShared || environment.Values.HasRules;
            if (mayBeChangeOnly) Outgoing.Changes.Add(subscription, wantsFirst: options.RetainHandling != RetainHandling.DoNotSend);
            return SubscribeOutcome.Added;
        }
    }

    /// <summary>Ends a subscription; false if there was none. What waits in the queue is still delivered [MQTT-3.10.4-3].</summary>
    /// <param name="key">The filter as the client wrote it, in UTF-8.</param>
    /// <param name="all">The broker's subscriptions, where it is removed.</param>
    /// <param name="batch">Collects the connections to wake: what it was to send for a shared group is for the others.</param>
    public bool Unsubscribe(ReadOnlySpan<byte> key, Subscriptions all, WakeBatch batch)
    {
        SharedGroup? left;
        lock (_gate)
        {
            if (_subscriptions.Remove(key) is not { } subscription) return false;
            all.Remove(subscription);
            Budget?.Use(BudgetItem.Subscriptions, -1);
            left = _outgoing?.KnownChanges?.Remove(subscription);
            Journal?.Unsubscribed(key);
        }

        left?.WakeSomebody(batch);
        return true;
    }
}

using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Sessions;
using Broker.Core.Storage;
using Broker.Core.Time;

namespace Broker.Core.Publishing;

/// <summary>The way of every message, from whomever it comes: authorise, match, bounds, retain, deliver, store.</summary>
/// <remarks>Threading: any thread, many at once. The publisher's thread does all of it, so its order is kept per subscriber.</remarks>
internal sealed class MessageRouter(
    BrokerLimits limits, IAuthorizer authorizer, Subscriptions subscriptions, RetainedMessages retained, IBrokerStore store,
    MessagePool pool, BrokerClock clock)
{
    /// <summary>Takes a publication to everybody who wants it.</summary>
    /// <param name="publication">What was published.</param>
    /// <param name="action">As what the publisher's right is asked for.</param>
    /// <param name="batch">Collects the connections to wake.</param>
    /// <param name="commit">What an acknowledgement has to wait for; 0 if nothing.</param>
    public RouteOutcome Route(in Publication publication, AccessAction action, WakeBatch batch, out long commit)
    {
        commit = 0;

        // 1 authorise
        if (!authorizer.IsAllowed(publication.Publisher.Principal, action, publication.Topic)) return RouteOutcome.NotAuthorized;

        // 2 match
        RouteTargets targets = subscriptions.Match(publication.Topic);
        if (targets.IsEmpty && !publication.Retain) return RouteOutcome.NoSubscribers;

        Message message = pool.Create(publication, clock.Now);
        try
        {
            // 3 bounds: a refusal comes before anybody has the message
            bool mayRefuse = limits.Overflow == OverflowPolicy.Refuse && publication.Qos != QualityOfService.AtMostOnce;
            if (mayRefuse && !HasRoom(message, targets)) return RouteOutcome.QuotaExceeded;

            // 4 retain, and match again: who subscribes at this moment either finds it retained, or is found here
            if (publication.Retain)
            {
                if (!retained.TryStore(message)) return RouteOutcome.QuotaExceeded;
                targets = subscriptions.Match(publication.Topic);
            }

            // 5 deliver
            Deliver(message, targets, batch);

            // 6 store
            if (publication.Qos != QualityOfService.AtMostOnce) commit = store.Append(message);
            return targets.IsEmpty ? RouteOutcome.NoSubscribers : RouteOutcome.Accepted;
        }
        finally
        {
            message.Release();
        }
    }

    private static void Deliver(Message message, RouteTargets targets, WakeBatch batch)
    {
        Subscription[] individuals = targets.Individuals;
        for (int i = 0; i < individuals.Length;)
        {
            Subscription first = individuals[i];
            int next = i + 1;
            while (next < individuals.Length && individuals[next].Session == first.Session) next++;
            if (next == i + 1) DeliverOne(message, first, batch);
            else DeliverOverlapping(message, individuals.AsSpan(i, next - i), batch);
            i = next;
        }

        foreach (SharedGroup group in targets.Groups) group.Deliver(message, message.Qos, batch);
    }

    private static void DeliverOne(Message message, Subscription subscription, WakeBatch batch)
    {
        (SubscriptionOptions options, int identifier) = subscription.Current;
        if (options.NoLocal && IsOwn(message, subscription)) return; // [MQTT-3.8.3-3]
        QualityOfService qos = message.Qos < options.Qos ? message.Qos : options.Qos;
        bool retain = options.RetainAsPublished && message.Retain; // [MQTT-3.3.1-12, MQTT-3.3.1-13]
        subscription.Session.Deliver(new Delivery(message, qos, retain, identifier), batch);
    }

    /// <summary>
    /// Several filters of one session match: it gets one message, at the highest QoS of them, with all their identifiers
    /// [MQTT-3.3.4-2, MQTT-3.3.4-4].
    /// </summary>
    private static void DeliverOverlapping(Message message, ReadOnlySpan<Subscription> subscriptions, WakeBatch batch)
    {
        QualityOfService highest = QualityOfService.AtMostOnce;
        bool retain = false;
        bool any = false;
        int identifier = 0;
        List<int>? more = null;
        foreach (Subscription subscription in subscriptions)
        {
            (SubscriptionOptions options, int id) = subscription.Current;
            if (options.NoLocal && IsOwn(message, subscription)) continue;
            any = true;
            if (options.Qos > highest) highest = options.Qos;
            retain |= options.RetainAsPublished && message.Retain;
            if (id == 0) continue;
            if (identifier == 0) identifier = id;
            else if (id != identifier && more?.Contains(id) != true) (more ??= []).Add(id);
        }

        if (!any) return;
        QualityOfService qos = message.Qos < highest ? message.Qos : highest;
        subscriptions[0].Session.Deliver(new Delivery(message, qos, retain, identifier, more?.ToArray()), batch);
    }

    private static bool IsOwn(Message message, Subscription subscription) =>
        message.Publisher.ClientId.Length > 0 && message.Publisher.ClientId == subscription.Session.Identity.ClientId;

    private static bool HasRoom(Message message, RouteTargets targets)
    {
        foreach (Subscription subscription in targets.Individuals)
        {
            SubscriptionOptions options = subscription.Current.Options;
            if (options.Qos == QualityOfService.AtMostOnce || (options.NoLocal && IsOwn(message, subscription))) continue;
            if (!subscription.Session.HasRoom(message.Size)) return false;
        }

        foreach (SharedGroup group in targets.Groups)
        {
            if (!group.HasRoom(message.Size)) return false;
        }

        return true;
    }
}

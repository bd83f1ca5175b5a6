using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Sessions;
using Broker.Core.Storage;
using Broker.Core.Time;

namespace Broker.Core.Publishing;

/// <summary>The way of every message, from whomever it comes: authorise, match, bounds, retain, change?, deliver, store.</summary>
/// <remarks>Threading: any thread, many at once. The publisher's thread does all of it, so its order is kept per subscriber.</remarks>
internal sealed class MessageRouter(
    LimitsInForce inForce, IAuthorizer authorizer, Subscriptions subscriptions, RetainedMessages retained, FanOut fanOut,
    MessagePool pool, BrokerClock clock, Journal? journal = null)
{
    /// <summary>Requests of the broker's own that wait for their answer.</summary>
    public Responses Responses { get; } = new(pool, clock);

    /// <summary>Takes a publication to everybody who wants it.</summary>
    /// <param name="publication">What was published.</param>
    /// <param name="subject">Whose right is asked for.</param>
    /// <param name="action">As what it is asked for.</param>
    /// <param name="batch">Collects the connections to wake.</param>
    /// <param name="commit">What an acknowledgement has to wait for; 0 if nothing.</param>
    public RouteOutcome Route(in Publication publication, AccessSubject subject, AccessAction action, WakeBatch batch, out long commit)
    {
        commit = 0;

        // 0 the answer to a request of the broker's own: its topic is the permission, and nobody else can subscribe to it
        if (Responses.IsResponse(publication.Topic)) return Responses.Deliver(publication);

        // 1 authorise
        var request = new AccessRequest { Subject = subject, Action = action, Topic = publication.Topic, Qos = publication.Qos, Retain = publication.Retain };
        if (!authorizer.IsAllowed(request)) return RouteOutcome.NotAuthorized;

        AckLevel level = journal is not null && publication.Publisher != PublisherIdentity.Broker ? journal.Policy.LevelOf(publication.Topic) : AckLevel.Memory;
        bool isStored = level != AckLevel.Memory && (publication.Qos != QualityOfService.AtMostOnce || publication.Retain);
        if (!isStored) return Route(publication, AckLevel.Memory, batch);

        journal!.Store.BeginGroup(); // what is written down for one publication is one atom; a level other than memory means that there is a journal
        try
        {
            return Route(publication, level, batch);
        }
        finally
        {
            commit = journal.Store.EndGroup();
        }
    }

    private RouteOutcome Route(in Publication publication, AckLevel level, WakeBatch batch)
    {
        // 2 match
        RouteTargets targets = subscriptions.Match(publication.Topic);

        Message message = pool.Create(publication, clock.Now);
        message.AckLevel = level;
        try
        {
            // 3 bounds: a refusal comes before anybody has the message
            bool mayRefuse = inForce.Current.Overflow == OverflowPolicy.Refuse && publication.Qos != QualityOfService.AtMostOnce;
            if (mayRefuse && !HasRoom(message, targets)) return RouteOutcome.QuotaExceeded;
            if (level != AckLevel.Memory && journal!.Store.IsFull && NeedsStore(message, targets)) return RouteOutcome.QuotaExceeded;

            // 4 retain, and match again: who subscribes at this moment either finds it retained, or is found here
            if (publication.Retain)
            {
                if (!retained.TryStore(message)) return RouteOutcome.QuotaExceeded;
                targets = subscriptions.Refresh(targets, publication.Topic);
            }

            // 5 change? and deliver; a session that is kept writes down what it is owed
            fanOut.Deliver(message, targets, batch);
            return targets.IsEmpty ? RouteOutcome.NoSubscribers : RouteOutcome.Accepted;
        }
        finally
        {
            message.Release();
        }
    }

    /// <summary>Whether the disk would have to take a publication: it is retained, or may wait for a session that is kept.</summary>
    private static bool NeedsStore(Message message, RouteTargets targets)
    {
        if (message.Retain) return !message.Payload.IsEmpty; // a removal makes room
        foreach (Subscription subscription in targets.Individuals)
        {
            if (subscription.Session.IsKept) return true;
        }

        foreach (SharedGroup group in targets.Groups)
        {
            if (group.HasKeptMember) return true;
        }

        return false;
    }

    private bool HasRoom(Message message, RouteTargets targets)
    {
        if (fanOut.IsRuled(message, targets)) return true; // changes take the place of older ones
        foreach (Subscription subscription in targets.Individuals)
        {
            SubscriptionOptions options = subscription.Current.Options;
            bool asksForRoom = options.Qos != QualityOfService.AtMostOnce && !subscription.IsChangeOnly && !subscription.IsOwn(message, options);
            if (!asksForRoom) continue;
            if (!subscription.Session.HasRoom(message.Size)) return false;
        }

        foreach (SharedGroup group in targets.Groups)
        {
            if (!group.IsChangeOnly && !group.HasRoom(message.Size)) return false;
        }

        return true;
    }
}

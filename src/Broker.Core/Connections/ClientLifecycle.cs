using Broker.Core.ChangeDetection;
using Broker.Core.Publishing;
using Broker.Core.Security;
using Broker.Core.Sessions;
using Broker.Core.Storage;
using Broker.Core.Telemetry;

namespace Broker.Core.Connections;

/// <summary>
/// What happens around a session when its client comes, goes, or stays away too long: wills, presence, the subscriptions of
/// ended sessions, and the messages that other members of a shared group get.
/// </summary>
/// <remarks>Threading: any thread; holds no lock of its own, and calls nothing while it holds another's.</remarks>
internal sealed class ClientLifecycle(
    SessionRegistry sessions, Subscriptions subscriptions, Wills wills, Presence presence, BrokerMetrics metrics, Journal? journal = null)
{
    /// <summary>Gives a connection its session.</summary>
    public AttachResult Connect(in AttachRequest request, ClientConnection connection, WakeBatch batch)
    {
        journal?.Store.BeginGroup(); // what follows from one change of hands is one atom
        long commit = 0;
        AttachResult result;
        try
        {
            result = Attach(request, connection, batch);
        }
        finally
        {
            commit = journal?.Store.EndGroup() ?? 0;
        }

        return result with { Commit = commit };
    }

    private AttachResult Attach(in AttachRequest request, ClientConnection connection, WakeBatch batch)
    {
        AttachResult result = sessions.Attach(request, connection);
        if (result.Session is not { } session) return result;
        foreach (Subscription subscription in result.Ended) subscriptions.Remove(subscription);
        (result.Displaced as ClientConnection)?.Close(CloseReason.TakenOver, "Another connection uses this client identifier");
        if (result.Will is not null) wills.Publish(result.Will, batch);
        HandOn(result.Shared, from: null, batch); // of the session that a clean start discarded: this one must not get it [MQTT-3.1.2-4]
        presence.Online(session.Identity.ClientId, result.Displaced is not null, batch);
        return result;
    }

    /// <summary>A connection let go of its session.</summary>
    /// <param name="session">The session.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="reason">Why.</param>
    /// <param name="keepsWill">Whether the will is to be published.</param>
    /// <param name="batch">Collects the connections to wake.</param>
    public void Disconnect(Session session, ClientConnection connection, CloseReason reason, bool keepsWill, WakeBatch batch)
    {
        journal?.Store.BeginGroup();
        try
        {
            if (sessions.Detach(session, connection, keepsWill) is not { } result) return; // another connection has it
            Finish(session, result, batch);
        }
        finally
        {
            journal?.Store.EndGroup();
        }

        presence.Offline(session.Identity.ClientId, reason, batch);
    }

    /// <summary>A session's time is over.</summary>
    public void Expire(Session session)
    {
        WakeBatch batch = WakeBatch.Rent();
        journal?.Store.BeginGroup();
        try
        {
            if (sessions.TryExpire(session) is not { } result) return;
            metrics.SessionExpired();
            Finish(session, result, batch);
            presence.Expired(session.Identity.ClientId, batch);
        }
        finally
        {
            journal?.Store.EndGroup();
            batch.WakeAndReturn();
        }
    }

    /// <summary>The authorizer decides otherwise: who was kept from a value and may receive it now gets it.</summary>
    public void RightsChanged()
    {
        foreach (Session session in sessions.Snapshot())
        {
            WakeBatch batch = WakeBatch.Rent();
            try
            {
                session.ReplayWithheld(batch);
            }
            finally
            {
                batch.WakeAndReturn();
            }
        }
    }

    /// <summary>Other change-only rules are in force for some topics: what they held back for a while goes out.</summary>
    public void RulesChanged(IReadOnlySet<TopicState> changed)
    {
        HashSet<SharedGroup> groups = [];
        WakeBatch batch = WakeBatch.Rent();
        try
        {
            foreach (Session session in sessions.Snapshot()) session.AdoptRules(changed, groups, batch);
            foreach (SharedGroup group in groups)
            {
                group.Adopt(changed);
                group.WakeSomebody(batch);
            }
        }
        finally
        {
            batch.WakeAndReturn();
        }
    }

    /// <summary>Whether a client has a connection, and it is this principal's.</summary>
    public bool IsConnected(string clientId, Principal principal) => sessions.IsConnected(clientId, principal);

    /// <summary>Limits of principals are in force that were not before: what sessions use counts from now on.</summary>
    public void LimitsChanged()
    {
        foreach (Session session in sessions.Snapshot()) session.Recount();
    }

    /// <summary>Changes how long a session will be kept once its connection is gone.</summary>
    public void ChangeExpiry(Session session, TimeSpan expiry) => sessions.ChangeExpiry(session, expiry);

    private void Finish(Session session, DetachResult result, WakeBatch batch)
    {
        foreach (Subscription subscription in result.Ended) subscriptions.Remove(subscription);
        if (result.Will is not null) wills.Publish(result.Will, batch);
        HandOn(result.Shared, session, batch);
    }

    /// <summary>
    /// Gives what one member of a shared group had not finished to another [MQTT-4.8.2-5 leaves QoS 2 alone], or back to the
    /// session that it came <paramref name="from"/>, if that goes on.
    /// </summary>
    private static void HandOn(List<Delivery> shared, Session? from, WakeBatch batch)
    {
        foreach (Delivery delivery in shared)
        {
            if (delivery is { IsChange: true, Group: { } group })
            {
                group.DeliverAgain(delivery.Message, batch);
                delivery.Message.Release();
                continue;
            }

            DeliverOutcome? outcome = delivery.Group?.Deliver(delivery.Message, delivery.Message.Qos, batch, except: from);
            if (outcome is not (DeliverOutcome.Queued or DeliverOutcome.OldestDropped)) from?.Keep(delivery);
            delivery.Message.Release();
        }
    }
}

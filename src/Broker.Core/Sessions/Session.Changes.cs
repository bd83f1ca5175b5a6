using Broker.Core.ChangeDetection;

namespace Broker.Core.Sessions;

/// <content>Change-only delivery: values in place of older ones that wait, first values, and those that may have been lost.</content>
internal sealed partial class Session
{
    /// <summary>Whether it has subscribers of changes: values wait for it that newer ones replace.</summary>
    public bool IsChangeOnly
    {
        get { lock (_gate) return _outgoing?.KnownChanges is not null; }
    }

    /// <summary>
    /// Delivers a publication as a change: at once if the client can take it, otherwise in place of an older value that waits
    /// for the same subscriber and topic.
    /// </summary>
    /// <param name="subscriptions">A change-only subscription, or all ordinary ones that match a topic with rules: they are one subscriber.</param>
    /// <param name="delivery">What would be sent; the caller keeps its reference of the message. Null if No Local keeps it away.</param>
    /// <param name="change">The publication.</param>
    /// <param name="batch">Collects the connections to wake.</param>
    public DeliverOutcome DeliverChange(ReadOnlySpan<Subscription> subscriptions, in Delivery? delivery, in Change change, WakeBatch batch)
    {
        ISessionConnection? connection;
        ChangeOffer offer;
        lock (_gate)
        {
            if (_ended) return DeliverOutcome.SessionEnded;
            connection = _connection;
            bool isHeldUp = connection is null || connection.IsHeldUp(batch);
            offer = Outgoing.Offer(subscriptions, delivery, change, isHeldUp, isAbsent: connection is null);
        }

        if (offer is not (ChangeOffer.Unchanged or ChangeOffer.Lost)) connection?.MarkWaiting(batch);
        return offer.ToOutcome();
    }

    /// <summary>Whether one more change of a shared group would leave at once.</summary>
    public bool TakesAtOnce(bool needsWindow, WakeBatch batch)
    {
        lock (_gate) return !_ended && _connection is { } connection && !connection.IsHeldUp(batch) && Outgoing.TakesAtOnce(needsWindow);
    }

    /// <inheritdoc/>
    void IChangeOwner.ReleaseHeld(WaitingChange change)
    {
        ISessionConnection? connection;
        lock (_gate)
        {
            if (_ended || !change.Record.Ledger.Release(change, isAbsent: _connection is null)) return;
            connection = _connection;
        }

        WakeBatch batch = WakeBatch.Rent();
        connection?.MarkWaiting(batch);
        batch.WakeAndReturn();
    }

    /// <summary>The last values that a new subscription gets first.</summary>
    public Replay FirstValues(Subscription subscription)
    {
        lock (_gate) return Outgoing.Changes.FirstValues(subscription, ReplayScope.All, since: 0);
    }

    /// <summary>
    /// Puts the last values of change-only subscriptions in line that may have been lost with an earlier connection, since nobody
    /// acknowledged them, or that the earlier connection was still owed.
    /// </summary>
    public void ReplayLost(WakeBatch batch)
    {
        List<Replay> replays;
        lock (_gate) replays = _outgoing?.KnownChanges?.LostValues() ?? [];
        foreach (Replay replay in replays) Replay(replay, batch);
    }

    /// <summary>
    /// Rights changed, or a client is back after that: if something was kept from it, the last values of its change-only
    /// subscriptions are put in line; and what it was to send for shared groups is for whoever may receive it now.
    /// </summary>
    public void ReplayWithheld(WakeBatch batch)
    {
        List<Replay> replays = [];
        List<SharedGroup> groups = [];
        lock (_gate)
        {
            if (_connection is null || _outgoing is null) return;
            if (_outgoing.TakeWithheld()) replays = _outgoing.Changes.AllValues();
            _outgoing.KnownChanges?.Unassign(groups);
        }

        foreach (Replay replay in replays) Replay(replay, batch);
        foreach (SharedGroup group in groups) group.WakeSomebody(batch);
    }

    /// <summary>Other change-only rules are in force for some topics.</summary>
    /// <param name="changed">The topics.</param>
    /// <param name="groups">Takes the shared groups that it is in; they are to be told as well.</param>
    /// <param name="batch">Collects the connections to wake.</param>
    public void AdoptRules(IReadOnlySet<TopicState> changed, HashSet<SharedGroup> groups, WakeBatch batch)
    {
        lock (_gate)
        {
            if (_ended || _outgoing?.KnownChanges is not { } changes) return;
            foreach (Subscription member in changes.Memberships) groups.Add(member.Group!); // it is a member
            if (!changes.Adopt(changed, isAbsent: _connection is null)) return;
        }

        MarkWaiting(batch);
    }
}

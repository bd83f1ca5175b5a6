using Broker.Core.ChangeDetection;
using Broker.Core.Topics;

namespace Broker.Core.Sessions;

/// <summary>
/// The change-only side of a session: its subscribers, what waits for them, and who of them still gets first values. A
/// subscription to <c>$changes/...</c> is a subscriber of its own; all ordinary ones together are one, on topics that rules
/// make change-only.
/// </summary>
/// <remarks>Threading: none of its own; under the session's gate. Owner: its session's <see cref="Outgoing"/>.</remarks>
internal sealed class SessionChanges(Session owner, SessionEnvironment environment, SubscriptionSet subscriptions, Outbox beside)
{
    private ChangeLedger? _ruled; // of all ordinary subscriptions together

    /// <summary>What waits.</summary>
    public ChangeOutbox Outbox { get; } = new(environment, beside, owner);

    /// <summary>Memberships in shared groups; their groups hold what waits for them.</summary>
    public List<Subscription> Memberships { get; } = [];

    /// <summary>What the subscriber was sent that a subscription is, or is a part of.</summary>
    public ChangeLedger LedgerOf(Subscription subscription) => subscription.Changes ?? (_ruled ??= new ChangeLedger(owner, Outbox, environment));

    /// <summary>Several subscriptions are one subscriber: what one of them knows, it knows.</summary>
    public static long SyncedFrom(ReadOnlySpan<Subscription> those)
    {
        long lowest = long.MaxValue;
        foreach (Subscription subscription in those) lowest = Math.Min(lowest, subscription.SyncedFrom);
        return lowest;
    }

    /// <summary>A subscriber of its own.</summary>
    public ChangeLedger NewLedger(ChangeCriteria criteria)
    {
        var ledger = new ChangeLedger(owner, Outbox, environment);
        ledger.Change(criteria);
        return ledger;
    }

    /// <summary>A subscription was added, to its session and to the broker.</summary>
    /// <param name="subscription">The subscription.</param>
    /// <param name="wantsFirst">Whether it gets first values.</param>
    public void Add(Subscription subscription, bool wantsFirst)
    {
        if (subscription.Group is not null) Memberships.Add(subscription);
        else if (wantsFirst) Begin(subscription);
        else subscription.SyncedFrom = environment.Values.ChangeNumber; // after it was added: what passes later is sent to it
    }

    /// <summary>Its options changed: what a change was before cannot be compared with what is one now.</summary>
    /// <param name="subscription">The subscription.</param>
    /// <param name="criteria">What counts as a change now; null for an ordinary one.</param>
    /// <param name="wantsFirst">Whether it gets first values again.</param>
    public void Change(Subscription subscription, ChangeCriteria? criteria, bool wantsFirst)
    {
        if (criteria is not null && subscription.Group is { } group)
        {
            group.Change(criteria);
        }
        else if (subscription.Changes is { } ledger && !criteria!.IsSameAs(ledger.Criteria)) // of a filter for changes there are some
        {
            ledger.Change(criteria);
            subscription.SyncedFrom = environment.Values.ChangeNumber;
        }

        if (wantsFirst) Begin(subscription);
    }

    /// <summary>A subscription ended. Returns its shared group, if what it was to send is for the others now.</summary>
    public SharedGroup? Remove(Subscription subscription)
    {
        subscription.Changes?.DropValues();
        subscription.IsReplaying = false;
        if (_ruled is not null && !subscriptions.Values.Any(s => s is { IsChangeOnly: false, Group: null }))
        {
            _ruled.DropValues(); // none is left: the next one begins as a new subscriber
            _ruled = null;
        }

        NoteReplaying();
        if (subscription.Group is not { } group) return null;
        Memberships.Remove(subscription);
        return group.Unassign(subscription) ? group : null;
    }

    /// <summary>A connection begins: what was sent on the last one may be lost.</summary>
    public void BeginConnection()
    {
        _ruled?.BeginConnection();
        foreach (Subscription subscription in subscriptions.Values) subscription.Changes?.BeginConnection();
    }

    /// <summary>The connection ended: QoS 0 is dropped.</summary>
    public void EndConnection() => Outbox.DropUnacknowledged();

    /// <summary>What it was to send for shared groups is for their other members.</summary>
    public void Unassign()
    {
        foreach (Subscription member in Memberships) member.Group!.Unassign(member); // it is a member
    }

    /// <summary>What it was to send for shared groups is for whoever comes; the groups where there was something are added.</summary>
    public void Unassign(List<SharedGroup> groups)
    {
        foreach (Subscription member in Memberships)
        {
            if (member.Group!.Unassign(member)) groups.Add(member.Group); // it is a member
        }
    }

    /// <summary>First values are going to be sent: with them, the subscription has what the topics have.</summary>
    public void Begin(Subscription subscription)
    {
        if (!WantsValues(subscription)) return;
        subscription.IsReplaying = true;
        LedgerOf(subscription).BeginReplay();
    }

    /// <summary>All first values of a subscription were sent.</summary>
    public void End(Subscription subscription)
    {
        subscription.IsReplaying = false;
        NoteReplaying();
    }

    /// <summary>The first values of a subscription.</summary>
    /// <param name="subscription">The subscription.</param>
    /// <param name="scope">Which ones.</param>
    /// <param name="since">Only of topics that changed with this number or later; 0 for all.</param>
    public LastValueReplay FirstValues(Subscription subscription, ReplayScope scope, long since)
    {
        TopicFilter.TryParse(subscription.Utf8Filter, int.MaxValue, int.MaxValue, out TopicFilter filter);
        return new LastValueReplay(subscription, LedgerOf(subscription), environment.Values, filter.Filter.ToArray(), scope) { Since = since };
    }

    /// <summary>What may have been lost with an earlier connection, since nobody acknowledged it, or what that was still owed.</summary>
    public List<Replay> LostValues()
    {
        List<Replay> replays = [];
        foreach (Subscription subscription in subscriptions.Values)
        {
            if (!WantsValues(subscription)) continue;
            ReplayScope scope = subscription.IsReplaying ? ReplayScope.All : ReplayScope.Lost;
            Begin(subscription);
            replays.Add(FirstValues(subscription, scope, since: 0));
        }

        return replays;
    }

    /// <summary>The last values of all that its subscriptions match.</summary>
    public List<Replay> AllValues()
    {
        List<Replay> replays = [];
        foreach (Subscription subscription in subscriptions.Values)
        {
            if (!WantsValues(subscription)) continue;
            Begin(subscription);
            replays.Add(FirstValues(subscription, ReplayScope.All, since: 0));
        }

        return replays;
    }

    /// <summary>
    /// More topics changed than a queue may hold while the client took nothing: instead of the values, only the moment is
    /// remembered from which on topics changed, and their values are fetched when the client reads.
    /// </summary>
    /// <param name="replays">Where the first values of the connection are, and those are put; null if there is no connection.</param>
    /// <param name="turn">Their place among the messages that wait for the session.</param>
    public void Collapse(ReplayQueue? replays, long turn)
    {
        long since = Outbox.Since; // it is overfull
        foreach (Subscription subscription in subscriptions.Values)
        {
            if (!WantsValues(subscription)) continue;
            LedgerOf(subscription).DropValues();
            bool isOwedAll = subscription.IsReplaying && replays?.SinceOf(subscription) is null or 0;
            if (subscription.IsReplaying && !isOwedAll) since = Math.Min(since, replays!.SinceOf(subscription)); // it said so just now
            Begin(subscription);
            replays?.Add(FirstValues(subscription, ReplayScope.All, isOwedAll ? 0 : since), turn);
        }
    }

    /// <summary>Other rules are in force for some topics.</summary>
    /// <returns>Whether something is in line that was not.</returns>
    public bool Adopt(IReadOnlySet<TopicState> changed, bool isAbsent)
    {
        bool isLined = _ruled?.Adopt(changed, isAbsent) == true;
        foreach (Subscription subscription in subscriptions.Values) isLined |= subscription.Changes?.Adopt(changed, isAbsent) == true;
        return isLined;
    }

    /// <summary>The session is over: releases everything.</summary>
    public void Clear()
    {
        _ruled?.DropValues();
        foreach (Subscription subscription in subscriptions.Values) subscription.Changes?.DropValues();
    }

    private bool WantsValues(Subscription subscription) => subscription.Group is null && (subscription.IsChangeOnly || environment.Values.HasRules);

    /// <summary>Ledgers that wait for no first values any more need not remember what was sent.</summary>
    private void NoteReplaying()
    {
        bool isRuledReplaying = false;
        foreach (Subscription subscription in subscriptions.Values)
        {
            if (subscription.Changes is not { } ledger) isRuledReplaying |= subscription.IsReplaying;
            else if (!subscription.IsReplaying && ledger.IsReplaying) ledger.EndReplay();
        }

        if (!isRuledReplaying && _ruled is { IsReplaying: true }) _ruled.EndReplay();
    }
}

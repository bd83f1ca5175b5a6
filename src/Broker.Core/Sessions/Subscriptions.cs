using Broker.Core.ChangeDetection;
using Broker.Core.Primitives;
using Broker.Core.Topics;

namespace Broker.Core.Sessions;

/// <summary>
/// All subscriptions of the broker: the tree of filters, the shared groups, and the matches of the topics in use, remembered
/// until a filter changes that may match them.
/// </summary>
/// <remarks>
/// Threading: any thread. Changes to shared groups are serialised by the gate; matching takes no lock. Lock order: session gate,
/// this gate, tree.
/// </remarks>
internal sealed class Subscriptions(ulong hashSeed, SessionEnvironment environment)
{
    // A remembered match keeps sessions alive that are over: after so many removals all is forgotten.
    private const int ForgetAfterRemovals = 1_024;

    [ThreadStatic]
    private static Matches<TreeEntry>? _scratch;

    [ThreadStatic]
    private static RouteTargets? _unremembered;

    private readonly Lock _gate = new();
    private readonly SubscriptionTree<TreeEntry> _tree = new(hashSeed);
    private readonly Dictionary<string, SharedGroup> _groups = [];
    private readonly RememberedRoutes _remembered = new(KeyedHash.Compute("routes"u8, hashSeed));
    private readonly FilterStamps _stamps = new(KeyedHash.Compute("stamps"u8, hashSeed));
    private int _removals;
    private int _shared;
    private int _individual;

    /// <summary>Subscriptions of all sessions, shared ones included.</summary>
    public int Count => Volatile.Read(ref _individual) + Volatile.Read(ref _shared);

    /// <summary>Memberships in shared groups.</summary>
    public int SharedCount => Volatile.Read(ref _shared);

    /// <summary>Adds a subscription; from now on it gets publications.</summary>
    /// <param name="subscription">The subscription; if it is shared, it becomes a member of its group.</param>
    /// <param name="filter">Its filter.</param>
    /// <param name="criteria">What counts as a change for its shared group, where only changes are wanted.</param>
    public void Add(Subscription subscription, TopicFilter filter, ChangeCriteria? criteria)
    {
        if (!filter.IsShared)
        {
            _tree.Add(subscription);
            _stamps.Count(filter.Filter);
            Interlocked.Increment(ref _individual);
            return;
        }

        lock (_gate)
        {
            bool isKnown = _groups.TryGetValue(subscription.Filter, out SharedGroup? group);
            if (!isKnown) _groups[subscription.Filter] = group = new SharedGroup(subscription.Filter, filter.Filter.ToArray(), filter.IsChangeOnly, environment);
            subscription.Group = group;
            group!.Add(subscription); // it was there, or was made
            if (criteria is not null) group.Change(criteria);
            if (!isKnown)
            {
                _tree.Add(group);
                _stamps.Count(filter.Filter);
                group.Begin();
            }

            Interlocked.Increment(ref _shared);
        }
    }

    /// <summary>Removes a subscription.</summary>
    public void Remove(Subscription subscription)
    {
        RemoveFromAll(subscription);
        if (Interlocked.Increment(ref _removals) % ForgetAfterRemovals == 0) _remembered.Clear();
    }

    private void RemoveFromAll(Subscription subscription)
    {
        if (subscription.Group is not { } group)
        {
            RemoveFromTree(subscription);
            Interlocked.Decrement(ref _individual);
            return;
        }

        lock (_gate)
        {
            group.Remove(subscription);
            Interlocked.Decrement(ref _shared);
            if (!group.IsEmpty) return;
            RemoveFromTree(group);
            _groups.Remove(group.Key);
            group.Clear();
        }
    }

    private void RemoveFromTree(TreeEntry entry)
    {
        _tree.Remove(entry);
        _stamps.Count(entry.Path);
    }

    /// <summary>Who gets the publications of a topic; to be used before this thread asks for another topic's.</summary>
    public RouteTargets Match(ReadOnlySpan<byte> topic)
    {
        ulong hash = _remembered.HashOf(topic);
        RouteTargets? known = _remembered.Find(topic, hash);
        if (known is not null)
        {
            if (IsFresh(known)) return known;
            var again = new RouteTargets { Topic = known.Topic, Places = known.Places };
            _remembered.Keep(hash, known, Fill(again, topic, _stamps.Sum(known.Places)));
            return again;
        }

        if (!_remembered.IsSeenAgain(hash)) return Fill(_unremembered ??= new RouteTargets(), topic, _tree.Version);
        FilterStamps.Places places = _stamps.PlacesOf(topic);
        var remembered = new RouteTargets { Topic = topic.ToArray(), Places = places };
        _remembered.Keep(hash, null, Fill(remembered, topic, _stamps.Sum(places)));
        return remembered;
    }

    /// <summary>The same targets, or newer ones if the subscriptions changed since.</summary>
    public RouteTargets Refresh(RouteTargets targets, ReadOnlySpan<byte> topic) => IsFresh(targets) ? targets : Match(topic);

    private bool IsFresh(RouteTargets targets) => targets.Stamp == (targets.Topic is null ? _tree.Version : _stamps.Sum(targets.Places));

    /// <param name="targets">What is filled.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="stamp">What was read before the match: a change during it makes the result stale, never wrongly fresh.</param>
    private RouteTargets Fill(RouteTargets targets, ReadOnlySpan<byte> topic, long stamp)
    {
        Matches<TreeEntry> matches = _scratch ??= new Matches<TreeEntry>();
        _tree.Match(topic, matches);
        targets.Fill(matches, stamp);
        matches.Clear();
        return targets;
    }
}

using System.Collections.Concurrent;
using Broker.Core.ChangeDetection;
using Broker.Core.Primitives;
using Broker.Core.Topics;

namespace Broker.Core.Sessions;

/// <summary>
/// All subscriptions of the broker: the tree of filters, the shared groups, and the matches of the topics in use, remembered
/// until a subscription changes.
/// </summary>
/// <remarks>
/// Threading: any thread. Changes to shared groups are serialised by the gate; matching takes the tree's lock only when the
/// topic is new or the subscriptions changed. Lock order: session gate, this gate, tree.
/// </remarks>
internal sealed class Subscriptions(ulong hashSeed, SessionEnvironment environment)
{
    // Topics whose targets are remembered, and targets of them all together; past either the memory starts afresh.
    private const int RememberedTopics = 65_536;
    private const int RememberedTargets = 4_194_304;

    // A remembered match keeps sessions alive that are over: after so many removals all is forgotten, which costs nothing,
    // since every one of them made all of it stale.
    private const int ForgetAfterRemovals = 1_024;

    [ThreadStatic]
    private static Matches<TreeEntry>? _scratch;

    private readonly Lock _gate = new();
    private readonly SubscriptionTree<TreeEntry> _tree = new(hashSeed);
    private readonly Dictionary<string, SharedGroup> _groups = [];
    private readonly ConcurrentDictionary<byte[], RouteTargets> _remembered = new(Utf8Comparer.Instance);
    private int _rememberedTopics;
    private int _rememberedTargets;
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
            _tree.Add(filter.Filter, subscription);
            Interlocked.Increment(ref _individual);
            return;
        }

        lock (_gate)
        {
            bool isKnown = _groups.TryGetValue(subscription.Filter, out SharedGroup? group);
            if (!isKnown) _groups[subscription.Filter] = group = new SharedGroup(subscription.Filter, filter.IsChangeOnly, environment);
            subscription.Group = group;
            group!.Add(subscription); // it was there, or was made
            if (criteria is not null) group.Change(criteria);
            if (!isKnown)
            {
                _tree.Add(filter.Filter, group);
                group.Begin();
            }

            Interlocked.Increment(ref _shared);
        }
    }

    /// <summary>Removes a subscription.</summary>
    public void Remove(Subscription subscription)
    {
        RemoveFromTree(subscription);
        if (Interlocked.Increment(ref _removals) % ForgetAfterRemovals == 0) Forget(topics: 0, targets: 0);
    }

    private void RemoveFromTree(Subscription subscription)
    {
        if (subscription.Group is not { } group)
        {
            _tree.Remove(subscription);
            Interlocked.Decrement(ref _individual);
            return;
        }

        lock (_gate)
        {
            group.Remove(subscription);
            Interlocked.Decrement(ref _shared);
            if (!group.IsEmpty) return;
            _tree.Remove(group);
            _groups.Remove(group.Key);
            group.Clear();
        }
    }

    /// <summary>Who gets the publications of a topic.</summary>
    public RouteTargets Match(ReadOnlySpan<byte> topic)
    {
        long version = _tree.Version; // before the match: a change during it makes the result stale, never wrongly fresh
        if (_remembered.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(topic, out RouteTargets? targets) && targets.Version == version)
        {
            return targets;
        }

        Matches<TreeEntry> matches = _scratch ??= new Matches<TreeEntry>();
        matches.Clear();
        _tree.Match(topic, ref matches);
        RouteTargets fresh = Arrange(matches, version);
        matches.Clear();
        Remember(topic, targets, fresh);
        return fresh;
    }

    /// <summary>The same targets, or newer ones if the subscriptions changed since.</summary>
    public RouteTargets Refresh(RouteTargets targets, ReadOnlySpan<byte> topic) => targets.Version == _tree.Version ? targets : Match(topic);

    private static RouteTargets Arrange(Matches<TreeEntry> matches, long version)
    {
        int groups = 0;
        foreach (TreeEntry entry in matches.Span)
        {
            if (entry is SharedGroup) groups++;
        }

        var individual = matches.Count == groups ? [] : new Subscription[matches.Count - groups];
        var shared = groups == 0 ? [] : new SharedGroup[groups];
        int i = 0;
        int g = 0;
        foreach (TreeEntry entry in matches.Span)
        {
            if (entry is SharedGroup group) shared[g++] = group;
            else individual[i++] = (Subscription)entry;
        }

        if (matches.MoreThanOneNode) Array.Sort(individual, static (a, b) => a.Session.Number.CompareTo(b.Session.Number));
        return new RouteTargets(individual, shared, version);
    }

    private void Remember(ReadOnlySpan<byte> topic, RouteTargets? stale, RouteTargets fresh)
    {
        int targets = fresh.Individuals.Length + fresh.Groups.Length;
        bool isNew = stale is null;
        if (!isNew) targets -= stale!.Individuals.Length + stale.Groups.Length; // not null: just checked
        if (Interlocked.Add(ref _rememberedTargets, targets) > RememberedTargets
            || (isNew && Interlocked.Increment(ref _rememberedTopics) > RememberedTopics))
        {
            Forget(topics: 1, targets: fresh.Individuals.Length + fresh.Groups.Length);
        }

        _remembered.GetAlternateLookup<ReadOnlySpan<byte>>()[topic] = fresh;
    }

    /// <summary>Starts afresh, with what is about to be remembered.</summary>
    private void Forget(int topics, int targets)
    {
        _remembered.Clear();
        Volatile.Write(ref _rememberedTopics, topics);
        Volatile.Write(ref _rememberedTargets, targets);
    }
}

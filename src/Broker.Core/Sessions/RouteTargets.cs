using Broker.Core.ChangeDetection;
using Broker.Core.Topics;

namespace Broker.Core.Sessions;

/// <summary>Who gets the publications of one topic, as of one moment.</summary>
/// <remarks>
/// Owner: where <see cref="Topic"/> is set, it is remembered, shared by all publishers, and never changed. Otherwise it belongs to the thread
/// that matched the topic, and holds until that thread matches another.
/// </remarks>
internal sealed class RouteTargets
{
    // What one thread's keeps alive until its next match.
    private const int KeptCapacity = 256;

    private Subscription[] _individuals = [];
    private SharedGroup[] _groups = [];
    private int _individualCount;
    private int _groupCount;

    /// <summary>The topic, where this is remembered; null where it is not.</summary>
    public byte[]? Topic { get; init; }

    /// <summary>Which counters tell that this no longer holds, where it is remembered.</summary>
    public FilterStamps.Places Places { get; init; }

    /// <summary>The sum of those counters before the match; where this is not remembered, the tree's version.</summary>
    public long Stamp { get; private set; }

    /// <summary>Ordinary subscriptions; those of one session stand side by side.</summary>
    public ReadOnlySpan<Subscription> Individuals => _individuals.AsSpan(0, _individualCount);

    /// <summary>Shared subscriptions.</summary>
    public ReadOnlySpan<SharedGroup> Groups => _groups.AsSpan(0, _groupCount);

    /// <summary>How many subscriptions and groups they are.</summary>
    public int Count => _individualCount + _groupCount;

    /// <summary>Whether somebody wants changes only.</summary>
    public bool HasChanges { get; private set; }

    /// <summary>What is known of the topic; looked up anew where it is null or has been forgotten.</summary>
    public TopicState? State { get; set; }

    /// <summary>Whether nobody subscribed.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>Takes over what a match found.</summary>
    public void Fill(Matches<TreeEntry> matches, long stamp)
    {
        Empty();
        Stamp = stamp;
        foreach (TreeEntry entry in matches.Span)
        {
            if (entry is SharedGroup) _groupCount++;
        }

        _individualCount = matches.Count - _groupCount;
        if (_individuals.Length < _individualCount) _individuals = new Subscription[_individualCount];
        if (_groups.Length < _groupCount) _groups = new SharedGroup[_groupCount];
        int individual = 0;
        int group = 0;
        foreach (TreeEntry entry in matches.Span)
        {
            if (entry is SharedGroup shared)
            {
                _groups[group++] = shared;
                HasChanges |= shared.IsChangeOnly;
            }
            else
            {
                var subscription = (Subscription)entry;
                _individuals[individual++] = subscription;
                HasChanges |= subscription.IsChangeOnly;
            }
        }

        if (matches.MoreThanOneNode) _individuals.AsSpan(0, _individualCount).Sort(static (a, b) => a.Session.Number.CompareTo(b.Session.Number));
    }

    private void Empty()
    {
        if (_individuals.Length > KeptCapacity) _individuals = [];
        if (_groups.Length > KeptCapacity) _groups = [];
        Array.Clear(_individuals);
        Array.Clear(_groups);
        _individualCount = _groupCount = 0;
        HasChanges = false;
        State = null;
    }
}

using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Primitives;
using Broker.Core.Topics;

namespace Broker.Core.ChangeDetection;

/// <summary>
/// The last value of every topic, within a bound: what change-only delivery compares with, what a new change-only subscriber
/// gets first, and what a poll is answered with. Past the bound the topic that has not changed for the longest time is forgotten.
/// </summary>
/// <remarks>
/// Threading: any thread. A publication that somebody gets only as a change holds <see cref="LockOf"/> of its topic from
/// noting the value until it is delivered, so that two publishers cannot leave a subscriber with the older of two values.
/// Lock order: topic lock, session gate; topic lock, gate, lock of the index; a state's own lock last.
/// </remarks>
internal sealed class LastValues
{
    private const int Locks = 256;

    // How many changes a poller may be behind to be told them from the list, under the gate.
    private const int MostChanges = 1_024;

    private readonly LimitsInForce _limits;
    private readonly MessagePool _pool;
    private readonly TopicIndex _index;
    private readonly Lock[] _locks = new Lock[Locks];
    private readonly Lock _gate = new();
    private readonly RemovedTopics _removed = new();
    private TopicState? _oldest;
    private TopicState? _newest;
    private int _count;
    private long _bytes;
    private long _changeNumber;

    /// <summary>Keeps nothing yet.</summary>
    /// <param name="limits">How many topics and bytes are kept.</param>
    /// <param name="rules">The operator's rules.</param>
    /// <param name="pool">Makes messages of values for those who ask.</param>
    /// <param name="hashSeed">Random: keys hashes of what clients choose.</param>
    /// <param name="digestKey">Random: keys the digests of values.</param>
    public LastValues(LimitsInForce limits, ChangeRules rules, MessagePool pool, ulong hashSeed, ulong digestKey)
    {
        _limits = limits;
        _pool = pool;
        _index = new TopicIndex(rules, hashSeed);
        DigestKey = digestKey;
        for (int i = 0; i < Locks; i++) _locks[i] = new Lock();
    }

    /// <summary>The key of the digests of values.</summary>
    public ulong DigestKey { get; }

    /// <summary>The operator's rules.</summary>
    public IReadOnlyList<ChangeRule> Rules => _index.Rules.All;

    /// <summary>Whether the operator has rules.</summary>
    public bool HasRules => _index.Rules.All.Count > 0;

    /// <summary>Who is told when a value is replaced.</summary>
    public ValueWatchers Watchers { get; } = new();

    /// <summary>Topics that are kept.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Bytes of their values.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The number of the latest change of all topics.</summary>
    public long ChangeNumber => Interlocked.Read(ref _changeNumber);

    /// <summary>The lock that a topic's changes are delivered under.</summary>
    public Lock LockOf(ReadOnlySpan<byte> topic) => _locks[Utf8Comparer.Instance.GetHashCode(topic) & (Locks - 1)];

    /// <summary>What is known of a topic, or null.</summary>
    public TopicState? Find(ReadOnlySpan<byte> topic) => _index.Find(topic);

    /// <summary>What is known of a message's topic; if that is nothing, it becomes known with the next <see cref="Note"/>.</summary>
    public TopicState FindOrAdd(Message message) => _index.FindOrAdd(message);

    /// <summary>A topic's value, with a reference for the caller; null if it has none.</summary>
    public Message? TakeValue(TopicState state) => state.TakeValue(_pool, out _);

    /// <summary>A topic's value, with a reference for the caller; null if it has none.</summary>
    /// <param name="state">The topic.</param>
    /// <param name="isSettled">Whether it is what subscribers who share the rules have been sent.</param>
    public Message? TakeValue(TopicState state, out bool isSettled) => state.TakeValue(_pool, out isSettled);

    /// <summary>What is known of a topic's value, with a reference of it for the caller; null if it has none.</summary>
    public TopicPicture? TakePicture(TopicState state) => state.TakePicture(_pool);

    /// <summary>Notes a publication that nobody gets as a change.</summary>
    /// <param name="state">The topic; another one comes back if it was forgotten a moment ago.</param>
    /// <param name="message">What was published.</param>
    /// <param name="utcNow">Milliseconds since 1970.</param>
    public NoteOutcome Note(ref TopicState state, Message message, long utcNow) =>
        NoteAs(ref state, message, utcNow, null, out _);

    /// <summary>Notes a publication that is going to be delivered as a change; the caller calls <see cref="Leave"/> when it was.</summary>
    /// <param name="state">The topic; another one comes back if it was forgotten a moment ago.</param>
    /// <param name="message">What was published.</param>
    /// <param name="utcNow">Milliseconds since 1970.</param>
    /// <param name="now">Milliseconds of the broker's clock.</param>
    /// <param name="previous">The value that this one replaced.</param>
    public NoteOutcome NoteDelivering(ref TopicState state, Message message, long utcNow, long now, out PreviousValue previous) =>
        NoteAs(ref state, message, utcNow, new Delivering(now, DigestKey), out previous);

    /// <summary>Puts other rules in force. The next value of a topic for which they ask for something else is a change for everybody.</summary>
    /// <returns>Those topics.</returns>
    public HashSet<TopicState> Use(IReadOnlyList<ChangeRule> rules)
    {
        ChangeRules next = _index.Rules = _index.Rules.Replace(rules);
        HashSet<TopicState> changed = [];
        List<TopicState> page = [];
        TopicTreeCursor cursor = default;
        for (bool goesOn = true; goesOn; page.Clear())
        {
            goesOn = TryMatchNext([], page, ref cursor);
            foreach (TopicState state in page)
            {
                lock (LockOf(state.Topic))
                {
                    if (state.Adopt(next.For(state.Topic))) changed.Add(state);
                }
            }
        }

        return changed;
    }

    /// <summary>The next number, for what the rules let pass.</summary>
    public long NextNumber() => Interlocked.Increment(ref _changeNumber);

    /// <summary>A delivery or a value that waits no longer needs the topic to be the same object.</summary>
    public void Leave(TopicState state)
    {
        if (!state.Leave()) return;
        lock (_gate)
        {
            if (state.CountedBytes == TopicState.NotListed && state.TryForget()) _index.Remove(state);
        }
    }

    /// <summary>Forgets a topic whose retained message was removed by this message, unless there is a newer value.</summary>
    public void Remove(TopicState state, Message message)
    {
        lock (_gate)
        {
            if (state.CountedBytes == TopicState.NotListed || !state.IsValue(message)) return;
            _removed.Add(new RemovedTopic(message.Topic.ToArray(), Interlocked.Increment(ref _changeNumber), state.SeenAt));
            Forget(state);
        }
    }

    /// <summary>
    /// The topics that a filter matches and whose values were removed between two numbers, without those that have one again;
    /// false if not all of them are remembered.
    /// </summary>
    public bool TryRemovedSince(long since, long head, ReadOnlySpan<byte> filter, List<RemovedTopic> removed)
    {
        lock (_gate)
        {
            if (!_removed.TryCollect(since, head, filter, removed)) return false;
        }

        removed.RemoveAll(topic => Find(topic.Topic) is { Size: > 0 });
        return true;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            while (_oldest is not null) Forget(_oldest);
        }
    }

    /// <summary>Fetches the next states of topics that a filter matches; false when the search is over.</summary>
    public bool TryMatchNext(ReadOnlySpan<byte> filter, List<TopicState> page, ref TopicTreeCursor cursor) =>
        _index.TryMatchNext(filter, RetainedMessages.SearchPage, page, ref cursor);

    /// <summary>
    /// The states of topics that a filter matches; false, and not all of them, if there are more than a page or they are not to be found
    /// in one go: then they are to be fetched with <see cref="TryMatchNext"/>.
    /// </summary>
    public bool TryMatch(ReadOnlySpan<byte> filter, List<TopicState> page) => _index.TryMatch(filter, RetainedMessages.SearchPage + 1, page);

    /// <summary>
    /// The topics that changed after <paramref name="since"/> and that a filter matches, in the order of their changes; false if
    /// so many topics changed that all of them have to be searched.
    /// </summary>
    /// <param name="since">A number that <see cref="ChangeNumber"/> once had.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="page">Where to; each picture holds a reference of its value.</param>
    /// <param name="head">The number of the latest change that was looked at.</param>
    public bool TryChangesSince(long since, ReadOnlySpan<byte> filter, List<TopicPicture> page, out long head)
    {
        lock (_gate)
        {
            head = _changeNumber;
            int steps = 0;
            TopicState? state = _newest;
            for (; state is not null && state.ChangeNumber > since; state = state.Older)
            {
                if (++steps > MostChanges) return false;
            }

            for (state = state is null ? _oldest : state.Newer; state is not null; state = state.Newer) AddPicture(state, filter, since, page);
            return true;
        }
    }

    /// <summary>Pictures of the topics that a filter matches; false, and none, if there are more than <paramref name="most"/> or they are not to be found in one go.</summary>
    public bool TryPictures(ReadOnlySpan<byte> filter, long since, int most, List<TopicPicture> page)
    {
        var found = new List<TopicState>();
        if (!_index.TryMatch(filter, most + 1, found)) return false;
        foreach (TopicState state in found) AddPicture(state, filter, since, page);
        return true;
    }

    /// <summary>Looks at the next topics of a search for those that changed after a number and that a filter matches; false when it is over.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="since">The number.</param>
    /// <param name="most">How many pictures may be added.</param>
    /// <param name="page">Where to; each picture holds a reference of its value.</param>
    /// <param name="cursor">Where the search is; default to begin.</param>
    public bool TryPicturesNext(ReadOnlySpan<byte> filter, long since, int most, List<TopicPicture> page, ref TopicTreeCursor cursor)
    {
        var found = new List<TopicState>();
        bool goesOn = _index.TryMatchNext(filter, most, found, ref cursor);
        foreach (TopicState state in found) AddPicture(state, filter, since, page);
        return goesOn;
    }

    private void AddPicture(TopicState state, ReadOnlySpan<byte> filter, long since, List<TopicPicture> page)
    {
        if (state.ChangeNumber <= since || !TopicFilter.Matches(filter, state.Topic)) return;
        if (state.TakePicture(_pool) is { } picture) page.Add(picture);
    }

    private NoteOutcome NoteAs(ref TopicState state, Message message, long utcNow, in Delivering? delivering, out PreviousValue previous)
    {
        NoteOutcome outcome;
        while ((outcome = state.Note(message, utcNow, delivering, out previous)) == NoteOutcome.Forgotten) state = FindOrAdd(message);
        if (outcome == NoteOutcome.Unchanged) return outcome;
        lock (_gate)
        {
            int size = state.Size; // perhaps of a newer value, whose publisher then finds nothing to count
            if (size == 0) return outcome; // it was forgotten this moment
            bool isChanged = outcome != NoteOutcome.Renewed || state.CountedBytes == TopicState.NotListed;
            if (isChanged) Unlink(state);
            _bytes += size - Math.Max(state.CountedBytes, 0);
            state.CountedBytes = size;
            if (isChanged)
            {
                LinkNewest(state);
                state.Number(Interlocked.Increment(ref _changeNumber));
            }

            while ((_count > _limits.Current.LastValues || _bytes > _limits.Current.LastValuesBytes) && _oldest is not null) Forget(_oldest);
        }

        return outcome;
    }

    /// <summary>
    /// Gives up a value. While it waits for somebody, or is being delivered, the topic stays what it is, without a value: else two of
    /// its values could wait for one subscription.
    /// </summary>
    private void Forget(TopicState state)
    {
        Unlink(state);
        _bytes -= Math.Max(state.CountedBytes, 0);
        state.CountedBytes = TopicState.NotListed;
        state.Empty();
        if (state.TryForget()) _index.Remove(state);
    }

    private void LinkNewest(TopicState state)
    {
        state.Older = _newest;
        if (_newest is null) _oldest = state;
        else _newest.Newer = state;
        _newest = state;
        Volatile.Write(ref _count, _count + 1);
    }

    private void Unlink(TopicState state)
    {
        if (state.CountedBytes == TopicState.NotListed) return;
        Volatile.Write(ref _count, _count - 1);
        if (state.Older is not null) state.Older.Newer = state.Newer;
        else if (_oldest == state) _oldest = state.Newer;
        if (state.Newer is not null) state.Newer.Older = state.Older;
        else if (_newest == state) _newest = state.Older;
        state.Older = state.Newer = null;
    }
}

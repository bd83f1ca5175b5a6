using Broker.Core.Messages;
using Broker.Core.Primitives;
using Broker.Core.Topics;

namespace Broker.Core.ChangeDetection;

/// <summary>
/// The states of all topics: by the topic itself through a hash table, by a filter through the order of the topics. Each state has a
/// number in one array, so a topic costs some 30 bytes here; its name is in the state alone.
/// </summary>
/// <remarks>
/// Putting a topic in its order costs more than all else that a first publication does, and many brokers are never asked by filter: the
/// order is kept from the first search on, which goes page by page until the topics before it are in order, too.
/// Threading: any thread. Changes and searches run under a lock of its own, under which nothing is called. A topic that is there is
/// found without it: whoever reads the table while it changes may miss the topic, and then looks again under the lock, but never
/// finds another one, since the names are compared.
/// </remarks>
/// <param name="rules">The operator's rules.</param>
/// <param name="hashSeed">Random: keys hashes of what clients choose.</param>
internal sealed class TopicIndex(ChangeRules rules, ulong hashSeed)
{
    private const int FewStates = 256;
    private const int StatesPerStep = 1_024;

    // A search that has looked at so many topics goes on page by page, so that nobody waits long for the lock.
    private const int MostSteps = 4_096;

    // So many topics are put in order by one search.
    private const int MostOrdered = 4_096;

    private readonly Lock _gate = new();
    private ChangeRules _rules = rules;
    private readonly HashIndex _hashes = new();
    private readonly FilterSteps _steps = new();
    private readonly List<int> _free = [];
    private readonly List<int> _unordered = []; // numbers that are not in the order yet; some of them are free again, or twice here
    private TopicOrder? _order; // made by the first search
    private TopicState?[] _states = new TopicState?[FewStates]; // by number; 0 is nobody
    private int _end = 1;
    private int _generation; // one more when states got other numbers

    private TopicOrder Order => _order ??= new TopicOrder(this);

    /// <summary>The operator's rules, for the topics to come; whoever sets them also tells the states that are there.</summary>
    public ChangeRules Rules
    {
        get => Volatile.Read(ref _rules);
        set
        {
            lock (_gate) _rules = value;
        }
    }

    /// <summary>The state of a topic, or null.</summary>
    public TopicState? Find(ReadOnlySpan<byte> topic)
    {
        uint hash = HashOf(topic);
        if (Probe(topic, hash, out _) is { } found) return found;
        lock (_gate) return Probe(topic, hash, out _);
    }

    /// <summary>The state of a message's topic, made where there is none.</summary>
    public TopicState FindOrAdd(Message message)
    {
        ReadOnlySpan<byte> topic = message.Topic;
        uint hash = HashOf(topic);
        if (Probe(topic, hash, out _) is { } found) return found;
        ChangeRules known = Rules;
        var state = new TopicState(message, hash, known.For(topic));
        lock (_gate)
        {
            if (Probe(topic, hash, out _) is { } meanwhile) return meanwhile;
            if (_rules != known) state.Adopt(_rules.For(topic)); // they changed this very moment
            Add(state);
            return state;
        }
    }

    /// <summary>Removes a state that is there.</summary>
    public void Remove(TopicState state)
    {
        lock (_gate)
        {
            if (Probe(state.Topic, state.Hash, out int id) != state) return;
            if (state.IsOrdered) Order.Remove(state.Topic);
            _hashes.Remove(state.Hash, id);
            _states[id] = null;
            _free.Add(id);
            bool isSparse = _states.Length > FewStates && _hashes.Count < _states.Length / 8;
            if (isSparse) Renumber();
        }
    }

    /// <summary>Adds the states of the topics that a filter matches; false if there are that many, or too many to look at in one go.</summary>
    public bool TryMatch(ReadOnlySpan<byte> filter, int most, List<TopicState> found)
    {
        lock (_gate)
        {
            if (!TryOrder(MostOrdered)) return false;
            _steps.Start(filter);
            TopicOrder.Place place = Order.Find(_steps.Key);
            for (int steps = 0; !Order.IsEnd(place); steps++)
            {
                if (found.Count >= most || steps >= MostSteps) return false;
                TopicState state = StateOf(Order.At(place));
                FilterSteps.Step step = _steps.Look(filter, state.Topic);
                if (step == FilterSteps.Step.End) return true;
                if (step == FilterSteps.Step.Match) found.Add(state);
                place = step == FilterSteps.Step.Seek ? Order.Find(_steps.Key) : Order.Next(place);
            }

            return found.Count < most;
        }
    }

    /// <summary>
    /// Adds the next states of a search through all topics (an empty filter matches every one), up to <paramref name="most"/>; false when it is over. A topic that is there
    /// all the while is found once; after states got other numbers the search begins again, and finds topics a second time.
    /// </summary>
    public bool TryMatchNext(ReadOnlySpan<byte> filter, int most, List<TopicState> found, ref TopicTreeCursor cursor)
    {
        lock (_gate)
        {
            if (cursor.Generation != _generation) cursor = new TopicTreeCursor { Generation = _generation };
            int end = (int)Math.Min(_end, (long)cursor.Position + StatesPerStep);
            int count = found.Count + most;
            while (cursor.Position < end && found.Count < count)
            {
                TopicState? state = _states[cursor.Position++];
                if (state is not null && (filter.IsEmpty || TopicFilter.Matches(filter, state.Topic))) found.Add(state);
            }

            return cursor.Position < _end;
        }
    }

    /// <summary>The state with a number, which it has; under the lock.</summary>
    internal TopicState StateOf(int id) => _states[id]!; // numbers in the order are those of states

    private void Add(TopicState state)
    {
        int id;
        if (_free.Count > 0)
        {
            id = _free[^1];
            _free.RemoveAt(_free.Count - 1);
        }
        else
        {
            if (_end == _states.Length) Array.Resize(ref _states, Growth.Next(_states.Length));
            id = _end++;
        }

        Volatile.Write(ref _states[id], state);
        _hashes.Add(state.Hash, id);
        _unordered.Add(id);
        if (_order is not null) TryOrder(2); // so that one day there are none left
    }

    /// <summary>Puts so many more topics in their order; false if there are still some left.</summary>
    private bool TryOrder(int most)
    {
        for (int i = 0; i < most && _unordered.Count > 0; i++)
        {
            int id = _unordered[^1];
            _unordered.RemoveAt(_unordered.Count - 1);
            if (_states[id] is not { IsOrdered: false } state) continue;
            Order.Add(id, state.Topic);
            state.IsOrdered = true;
        }

        if (_unordered.Count > 0) return false;
        if (_unordered.Capacity > FewStates) _unordered.TrimExcess();
        return true;
    }

    /// <summary>Gives what was for more topics back.</summary>
    private void Renumber()
    {
        var old = new List<TopicState>(_hashes.Count);
        foreach (TopicState? state in _states)
        {
            if (state is not null) old.Add(state);
        }

        _generation++;
        _hashes.Clear();
        _order = null;
        _unordered.Clear();
        _free.Clear();
        _free.TrimExcess();
        _states = new TopicState?[Math.Max(FewStates, Growth.Next(old.Count + 2))];
        _end = 1;
        foreach (TopicState state in old)
        {
            state.IsOrdered = false;
            Add(state);
        }
    }

    private TopicState? Probe(ReadOnlySpan<byte> topic, uint hash, out int id)
    {
        HashIndex.Slot[] slots = _hashes.Slots;
        TopicState?[] states = Volatile.Read(ref _states);
        for (int i = HashIndex.Home(hash, slots.Length); ; i = HashIndex.Next(slots, i))
        {
            HashIndex.Slot slot = slots[i];
            id = slot.Id;
            if (id == 0) return null;
            bool isCandidate = slot.Hash == hash && id < states.Length;
            if (isCandidate && Volatile.Read(ref states[id]) is { } state && state.Topic.SequenceEqual(topic)) return state;
        }
    }

    private uint HashOf(ReadOnlySpan<byte> topic) => KeyedHash.Compute32(topic, hashSeed);
}

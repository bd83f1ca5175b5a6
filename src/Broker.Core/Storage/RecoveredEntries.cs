namespace Broker.Core.Storage;

/// <summary>What waits for a session of an earlier run and what is in flight, in the order of the numbers, which is that of the queue.</summary>
/// <remarks>Nearly always the newest is added and the oldest removed, so it is an array with a beginning that moves on.</remarks>
internal sealed class RecoveredEntries
{
    private RecoveredEntry[] _entries = [];
    private int _first;
    private int _end;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>All of them, and some that were removed.</summary>
    public ReadOnlySpan<RecoveredEntry> Span => _entries.AsSpan(_first.._end);

    /// <summary>Adds one, or replaces what had its number.</summary>
    public void Set(in RecoveredEntry entry)
    {
        bool isLast = _first == _end || entry.Number > _entries[_end - 1].Number;
        if (!isLast && Search(entry.Number) is >= 0 and int at)
        {
            if (_entries[at].IsRemoved) Count++;
            _entries[at] = entry;
            return;
        }

        if (_end == _entries.Length) MakeRoom();
        int place = isLast ? _end : ~Search(entry.Number);
        Array.Copy(_entries, place, _entries, place + 1, _end - place);
        _entries[place] = entry;
        _end++;
        Count++;
    }

    /// <summary>Whether there is one with a number.</summary>
    public bool TryGet(long number, out RecoveredEntry entry)
    {
        int at = Search(number);
        entry = at < 0 ? default : _entries[at];
        return at >= 0 && !entry.IsRemoved;
    }

    /// <summary>Removes one, if it is there.</summary>
    public void Remove(long number)
    {
        int at = Search(number);
        if (at < 0 || _entries[at].IsRemoved) return;
        _entries[at] = _entries[at].Removed();
        Count--;
        while (_first < _end && _entries[_first].IsRemoved) _first++;
    }

    private int Search(long number)
    {
        int low = _first;
        int high = _end - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (_entries[middle].Number == number) return middle;
            if (_entries[middle].Number < number) low = middle + 1;
            else high = middle - 1;
        }

        return ~low;
    }

    /// <summary>Makes room at the end: by leaving out what was removed, if that is half of it, and by a larger array otherwise.</summary>
    private void MakeRoom()
    {
        RecoveredEntry[] entries = Count >= (_entries.Length + 1) / 2 ? new RecoveredEntry[Math.Max(4, 2 * _entries.Length)] : _entries;
        int to = 0;
        for (int from = _first; from < _end; from++)
        {
            if (!_entries[from].IsRemoved) entries[to++] = _entries[from];
        }

        (_entries, _first, _end) = (entries, 0, to);
    }
}

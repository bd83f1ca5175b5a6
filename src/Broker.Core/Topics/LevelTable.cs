using Broker.Core.Primitives;

namespace Broker.Core.Topics;

/// <summary>
/// The levels that occur in a tree, each stored once, counted, and known by a small number.
/// </summary>
/// <remarks>
/// The bytes of all levels lie in one array. A level that is no longer used leaves a hole; when holes are half of it, the array is rewritten without them,
/// so memory stays linear in what is in use and is not fragmented by levels of different lengths.
/// <para>Threading: none; the tree that owns it has the lock.</para>
/// </remarks>
internal sealed class LevelTable
{
    /// <summary>No level.</summary>
    public const int None = 0;

    /// <summary>The id of '+' as a wildcard.</summary>
    public const int Plus = 1;

    /// <summary>The id of '#' as a wildcard.</summary>
    public const int Hash = 2;

    private const int FirstFree = 3;
    private const int MinBytes = 256;
    private const int MinLevels = 16;

    private struct Level
    {
        public int Offset; // in _bytes; in a free record, the next free one
        public int Length;
        public int References;
    }

    private readonly ulong _seed;
    private readonly HashIndex _index = new();
    private Level[] _levels = new Level[MinLevels];
    private int _levelsEnd = FirstFree;
    private int _freeLevel;
    private byte[] _bytes = new byte[MinBytes];
    private int _bytesEnd;
    private int _bytesUnused;

    public LevelTable(ulong seed)
    {
        _seed = seed;
        Store(ref _levels[Plus], "+"u8);
        Store(ref _levels[Hash], "#"u8);
    }

    /// <summary>The id of a level of a filter that is a wildcard, or <see cref="None"/>.</summary>
    public static int WildcardOf(ReadOnlySpan<byte> level) => level switch
    {
        [TopicName.SingleLevelWildcard] => Plus,
        [TopicName.MultiLevelWildcard] => Hash,
        _ => None,
    };

    /// <summary>How many levels are in use, the two wildcards not counted.</summary>
    public int Count => _index.Count;

    public ReadOnlySpan<byte> Bytes(int level) => _bytes.AsSpan(_levels[level].Offset, _levels[level].Length);

    /// <summary>The id of a level, or <see cref="None"/> where it does not occur. Knows no wildcards.</summary>
    public int Find(ReadOnlySpan<byte> level) => Find(level, HashOf(level));

    /// <summary>Makes room for new levels, so that acquiring them moves nothing, if possible; who reads meanwhile may go on in the old arrays.</summary>
    /// <param name="levels">How many levels at the most.</param>
    /// <param name="bytes">Their bytes together.</param>
    public void EnsureRoom(int levels, int bytes)
    {
        _index.EnsureRoom(levels);
        while (_levelsEnd + levels > _levels.Length)
        {
            Array.Resize(ref _levels, Growth.Next(_levels.Length));
        }

        // Where levels are gone, making room moves the others: that waits until it has to be.
        if (_bytes.Length - _bytesEnd < bytes && _bytesUnused == 0)
        {
            RewriteBytes((long)_bytesEnd + bytes);
        }
    }

    /// <summary>The id of a level, with one more reference to it.</summary>
    public int Acquire(ReadOnlySpan<byte> level)
    {
        uint hash = HashOf(level);
        int id = Find(level, hash);
        if (id == None)
        {
            id = Allocate();
            Store(ref _levels[id], level);
            _index.Add(hash, id);
        }

        _levels[id].References++;
        return id;
    }

    /// <summary>Gives one reference back.</summary>
    public void Release(int id)
    {
        ref Level level = ref _levels[id];
        if (id < FirstFree || --level.References > 0)
        {
            return;
        }

        _index.Remove(HashOf(Bytes(id)), id);
        _bytesUnused += level.Length;
        level = new Level { Offset = _freeLevel };
        _freeLevel = id;
        if (_bytesUnused > MinBytes + _levelsEnd && _bytesUnused > _bytesEnd / 2)
        {
            RewriteBytes(_bytesEnd - _bytesUnused);
        }
    }

    /// <summary>Gives the levels new ids without gaps, and gives back the memory of those that are gone.</summary>
    /// <returns>The new id of each old one.</returns>
    public int[] Compact()
    {
        var moved = new int[_levelsEnd];
        (moved[Plus], moved[Hash]) = (Plus, Hash);
        int end = FirstFree;
        for (int id = FirstFree; id < _levelsEnd; id++)
        {
            if (_levels[id].References > 0)
            {
                moved[id] = end;
                _levels[end++] = _levels[id]; // never to the right, so nothing is overwritten before it was moved
            }
        }

        Array.Resize(ref _levels, Math.Max(MinLevels, end + (end / 2)));
        _levels.AsSpan(end).Clear();
        _levelsEnd = end;
        _freeLevel = 0;
        RewriteBytes(_bytesEnd - _bytesUnused);
        _index.Clear();
        for (int id = FirstFree; id < end; id++)
        {
            _index.Add(HashOf(Bytes(id)), id);
        }

        return moved;
    }

    private int Find(ReadOnlySpan<byte> level, uint hash)
    {
        HashIndex.Slot[] slots = _index.Slots;
        for (int i = HashIndex.Home(hash, slots.Length); ; i = HashIndex.Next(slots, i))
        {
            HashIndex.Slot slot = slots[i];
            if (slot.Id == 0)
            {
                return None;
            }

            if (slot.Hash == hash && Bytes(slot.Id).SequenceEqual(level))
            {
                return slot.Id;
            }
        }
    }

    private uint HashOf(ReadOnlySpan<byte> level) => KeyedHash.Compute32(level, _seed);

    private int Allocate()
    {
        int id = _freeLevel;
        if (id != 0)
        {
            _freeLevel = _levels[id].Offset;
            return id;
        }

        if (_levelsEnd == _levels.Length)
        {
            Array.Resize(ref _levels, Growth.Next(_levels.Length));
        }

        return _levelsEnd++;
    }

    private void Store(ref Level level, ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length - _bytesEnd < bytes.Length)
        {
            RewriteBytes((long)_bytesEnd - _bytesUnused + bytes.Length);
        }

        bytes.CopyTo(_bytes.AsSpan(_bytesEnd));
        level = new Level { Offset = _bytesEnd, Length = bytes.Length };
        _bytesEnd += bytes.Length;
    }

    /// <summary>Copies the levels in use to a new array with room for <paramref name="needed"/> bytes and half as many again.</summary>
    private void RewriteBytes(long needed)
    {
        if (needed > Array.MaxLength)
        {
            throw new InsufficientMemoryException("A topic tree has reached the largest array.");
        }

        // At least a byte for each record that is looked at here, so that the next time is as far away as this one was expensive.
        long room = Math.Max(needed / 2, Math.Max(MinBytes, _levelsEnd));
        var bytes = new byte[Math.Min(needed + room, Array.MaxLength)];
        int end = 0;
        for (int id = Plus; id < _levelsEnd; id++)
        {
            ref Level level = ref _levels[id];
            if (id < FirstFree || level.References > 0)
            {
                _bytes.AsSpan(level.Offset, level.Length).CopyTo(bytes.AsSpan(end));
                level.Offset = end;
                end += level.Length;
            }
        }

        _bytes = bytes;
        _bytesEnd = end;
        _bytesUnused = 0;
    }
}

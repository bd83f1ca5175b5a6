namespace Broker.Core.ChangeDetection;

/// <summary>Topics in the order of their bytes, so that those with a common beginning lie side by side.</summary>
/// <remarks>
/// A list of blocks of numbers: 4 bytes a topic where they come in order, 6 in the mean. Finding a place is two binary searches.
/// <para>Threading: none; under the lock of <see cref="TopicIndex"/>, whose numbers these are.</para>
/// </remarks>
internal sealed class TopicOrder(TopicIndex index)
{
    private const int BlockSize = 128;
    private const int FewInBlock = 32;

    private readonly List<Block> _blocks = [];

    /// <summary>A place among the topics; the one behind the last is the end.</summary>
    public readonly record struct Place(int Block, int Offset);

    /// <summary>Whether a place is behind the last topic.</summary>
    public bool IsEnd(Place place) => place.Block >= _blocks.Count;

    /// <summary>The number at a place.</summary>
    public int At(Place place) => _blocks[place.Block].Ids[place.Offset];

    /// <summary>The place behind a place.</summary>
    public Place Next(Place place) =>
        place.Offset + 1 < _blocks[place.Block].Count ? place with { Offset = place.Offset + 1 } : new Place(place.Block + 1, 0);

    /// <summary>The first topic that is not before a key.</summary>
    public Place Find(ReadOnlySpan<byte> key)
    {
        Place place = Seek(key);
        return !IsEnd(place) && place.Offset == _blocks[place.Block].Count ? new Place(place.Block + 1, 0) : place;
    }

    /// <summary>Adds a topic that is not there.</summary>
    public void Add(int id, ReadOnlySpan<byte> topic)
    {
        Place place = Seek(topic);
        if (_blocks.Count == 0) _blocks.Add(new Block());
        Block block = _blocks[place.Block];
        if (block.Count == BlockSize)
        {
            // A block that grows at its end stays full: topics often come in their order.
            int kept = place.Offset == BlockSize ? BlockSize : BlockSize / 2;
            var behind = new Block { Count = BlockSize - kept };
            block.Ids.AsSpan(kept).CopyTo(behind.Ids);
            block.Count = kept;
            _blocks.Insert(place.Block + 1, behind);
            if (place.Offset >= kept) place = new Place(place.Block + 1, place.Offset - kept);
            block = _blocks[place.Block];
        }

        block.Ids.AsSpan(place.Offset, block.Count - place.Offset).CopyTo(block.Ids.AsSpan(place.Offset + 1));
        block.Ids[place.Offset] = id;
        block.Count++;
    }

    /// <summary>Removes a topic that is there.</summary>
    public void Remove(ReadOnlySpan<byte> topic)
    {
        Place place = Find(topic);
        Block block = _blocks[place.Block];
        block.Count--;
        block.Ids.AsSpan(place.Offset + 1, block.Count - place.Offset).CopyTo(block.Ids.AsSpan(place.Offset));
        if (block.Count == 0) _blocks.RemoveAt(place.Block);
        else if (block.Count < FewInBlock) Join(place.Block);
    }

    private void Join(int first)
    {
        if (first + 1 >= _blocks.Count) return;
        Block block = _blocks[first];
        Block behind = _blocks[first + 1];
        if (block.Count + behind.Count > BlockSize - FewInBlock) return;
        behind.Ids.AsSpan(0, behind.Count).CopyTo(block.Ids.AsSpan(block.Count));
        block.Count += behind.Count;
        _blocks.RemoveAt(first + 1);
    }

    /// <summary>Where a key belongs: in the last block that begins before it, perhaps behind its last topic.</summary>
    private Place Seek(ReadOnlySpan<byte> key)
    {
        int low = 0;
        int high = _blocks.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (IsBefore(_blocks[middle].Ids[0], key)) low = middle + 1;
            else high = middle;
        }

        if (low == 0) return default;
        Block block = _blocks[low - 1];
        int from = 1; // the first is before it
        int to = block.Count;
        while (from < to)
        {
            int middle = (from + to) / 2;
            if (IsBefore(block.Ids[middle], key)) from = middle + 1;
            else to = middle;
        }

        return new Place(low - 1, from);
    }

    private bool IsBefore(int id, ReadOnlySpan<byte> key) => index.StateOf(id).Topic.SequenceCompareTo(key) < 0;

    private sealed class Block
    {
        public readonly int[] Ids = new int[BlockSize];
        public int Count;
    }
}

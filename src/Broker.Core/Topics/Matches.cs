using System.Runtime.CompilerServices;

namespace Broker.Core.Topics;

/// <summary>A reusable buffer that the trees append what they found to.</summary>
/// <typeparam name="T">What the tree holds.</typeparam>
/// <remarks>
/// Threading: one thread at a time. Owner: the caller, who calls <see cref="Clear"/> before the next message. Growing allocates, so a buffer that is
/// used again reaches a size at which matching allocates nothing.
/// </remarks>
public sealed class Matches<T>
{
    /// <summary>Above this capacity <see cref="Clear"/> gives the buffer back: one message to everybody must not cost memory for good.</summary>
    private const int MaxKeptCapacity = 65_536;

    private T[] _items = [];
    private int _count;
    private bool _hasNode;

    // What a walk through a tree needs on its way.
    internal int[] Levels = new int[16];
    internal TreeBranch[] Pending = new TreeBranch[16];

    /// <summary>The buffer; the first <see cref="Count"/> elements are the matches, in no particular order.</summary>
    public T[] Items => _items;

    /// <summary>How many matches there are.</summary>
    public int Count => _count;

    /// <summary>Whether the matches came from more than one node of the tree, so that one subscriber may appear twice.</summary>
    public bool MoreThanOneNode { get; private set; }

    /// <summary>The matches as a span, valid until the next change.</summary>
    public ReadOnlySpan<T> Span => _items.AsSpan(0, _count);

    /// <summary>Forgets the matches; keeps the buffer.</summary>
    public void Clear()
    {
        if (_items.Length > MaxKeptCapacity)
        {
            _items = [];
        }
        else if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
        {
            Array.Clear(_items, 0, _count); // What was removed from the tree must not live on in here.
        }

        _count = 0;
        _hasNode = false;
        MoreThanOneNode = false;
    }

    /// <summary>A place to go back to with <see cref="Return"/>.</summary>
    internal (int Count, bool HasNode, bool MoreThanOneNode) Mark => (_count, _hasNode, MoreThanOneNode);

    /// <summary>Forgets what was appended since <see cref="Mark"/>.</summary>
    internal void Return((int Count, bool HasNode, bool MoreThanOneNode) mark)
    {
        Array.Clear(_items, mark.Count, _count - mark.Count);
        (_count, _hasNode, MoreThanOneNode) = mark;
    }

    /// <summary>Appends the only item of one node.</summary>
    internal void Add(T item)
    {
        if (_count == _items.Length)
        {
            Grow(1);
        }

        _items[_count++] = item;
        MoreThanOneNode |= _hasNode;
        _hasNode = true;
    }

    /// <summary>Appends all items of one node.</summary>
    internal void Add(ReadOnlySpan<T> items)
    {
        if (_count + items.Length > _items.Length)
        {
            Grow(items.Length);
        }

        items.CopyTo(_items.AsSpan(_count));
        _count += items.Length;
        MoreThanOneNode |= _hasNode;
        _hasNode = true;
    }

    private void Grow(int more) => Array.Resize(ref _items, Math.Max(_count + more, Math.Max(16, _items.Length * 2)));
}

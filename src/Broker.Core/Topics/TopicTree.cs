using System.Diagnostics;

namespace Broker.Core.Topics;

/// <summary>
/// One value per topic, found by the topic itself or by a filter: retained messages, last values.
/// </summary>
/// <typeparam name="T">The value.</typeparam>
/// <remarks>
/// Matching a filter goes only into branches that the filter matches so far; its stack holds at most one entry per level of the filter, and "#" walks its
/// subtree without a stack.
/// <para>Threading: every member may be called from any thread. One private lock is held while a member runs; nothing is called out of it but
/// <see cref="ITreeValuePolicy{T}.OnTaken"/>.</para>
/// <para>Who owns a reference to a value: the tree owns one from Set until it is replaced or removed; what Set and Remove return is the caller's, with that
/// reference, and OnTaken is not called for it. Of what Get and Match hand out, the tree keeps its reference: OnTaken takes another.</para>
/// <para>Topics and filters are taken as they are: the caller has checked them with <see cref="TopicName"/> and <see cref="TopicFilter"/>.</para>
/// </remarks>
public sealed class TopicTree<T>
    where T : class
{
    // How much of the tree one step of a search looks at under the lock.
    private const int NodesPerStep = 4_096;

    private struct Branch
    {
        public int Node;
        public int Offset; // of the part of the filter that the node's children are matched with; past the end = the filter ends here
        public bool WithSiblings;
    }

    private readonly struct NoPolicy : ITreeValuePolicy<T>
    {
        public static void OnTaken(T value)
        {
            // The garbage collector counts.
        }
    }

    private readonly Lock _gate = new();

    // under _gate
    private readonly LevelTree _tree;
    private T?[] _values; // beside _tree.Nodes; Item is 1 where there is one
    private Branch[] _pending = new Branch[16];
    private int _count;
    private int _generation; // +1 when the nodes were renumbered

    /// <summary>Makes an empty tree.</summary>
    /// <param name="hashSeed">The random secret of this process that keeps clients from choosing levels that collide.</param>
    public TopicTree(ulong hashSeed)
    {
        _tree = new LevelTree(hashSeed, withSiblings: true);
        _values = new T?[_tree.Nodes.Length];
    }

    /// <summary>How many topics have a value.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Gives a topic a value.</summary>
    /// <param name="topic">A valid topic name.</param>
    /// <param name="value">The value.</param>
    /// <returns>The value it had, or null.</returns>
    public T? Set(ReadOnlySpan<byte> topic, T value)
    {
        ArgumentNullException.ThrowIfNull(value);
        lock (_gate)
        {
            int node = _tree.GetOrAdd(topic);
            if (_values.Length < _tree.Nodes.Length)
            {
                Array.Resize(ref _values, _tree.Nodes.Length);
            }

            T? previous = _values[node];
            _values[node] = value;
            if (previous is null)
            {
                _tree.Nodes[node].Item = 1;
                Volatile.Write(ref _count, _count + 1);
            }

            return previous;
        }
    }

    /// <summary>Takes a topic's value away.</summary>
    /// <param name="topic">A valid topic name.</param>
    /// <returns>The value it had, or null.</returns>
    public T? Remove(ReadOnlySpan<byte> topic)
    {
        lock (_gate)
        {
            int node = _tree.Find(topic);
            return _values[node] is { } value ? RemoveAt(node, value) : null;
        }
    }

    /// <summary>Takes a topic's value away if it is still this one: for what expires while it may be replaced.</summary>
    /// <param name="topic">A valid topic name.</param>
    /// <param name="expected">The value that must be there.</param>
    /// <returns>Whether it was.</returns>
    public bool Remove(ReadOnlySpan<byte> topic, T expected)
    {
        ArgumentNullException.ThrowIfNull(expected);
        lock (_gate)
        {
            int node = _tree.Find(topic);
            return ReferenceEquals(_values[node], expected) && RemoveAt(node, expected) is not null;
        }
    }

    /// <summary>The value of a topic.</summary>
    /// <param name="topic">A valid topic name.</param>
    /// <returns>The value, or null.</returns>
    public T? Get(ReadOnlySpan<byte> topic) => Get<NoPolicy>(topic);

    /// <summary>The value of a topic; the policy is told under the lock.</summary>
    /// <typeparam name="TPolicy">What to do with the value before anyone else can take it out of the tree.</typeparam>
    /// <param name="topic">A valid topic name.</param>
    /// <returns>The value, or null.</returns>
    public T? Get<TPolicy>(ReadOnlySpan<byte> topic)
        where TPolicy : struct, ITreeValuePolicy<T>
    {
        lock (_gate)
        {
            T? value = _values[_tree.Find(topic)];
            if (value is not null)
            {
                TPolicy.OnTaken(value);
            }

            return value;
        }
    }

    /// <summary>Appends the value of every topic that a filter matches.</summary>
    /// <param name="filter">A valid topic filter without "$share/{group}/".</param>
    /// <param name="matches">Where to; not cleared before.</param>
    public void Match(ReadOnlySpan<byte> filter, ref Matches<T> matches) => Match<NoPolicy>(filter, matches);

    /// <inheritdoc cref="Match(ReadOnlySpan{byte}, ref Matches{T})"/>
    public void Match(ReadOnlySpan<byte> filter, Matches<T> matches) => Match<NoPolicy>(filter, matches);

    /// <summary>Appends the value of every topic that a filter matches; the policy is told of each under the lock.</summary>
    /// <typeparam name="TPolicy">What to do with each value before anyone else can take it out of the tree.</typeparam>
    /// <param name="filter">A valid topic filter without "$share/{group}/".</param>
    /// <param name="matches">Where to; not cleared before.</param>
    public void Match<TPolicy>(ReadOnlySpan<byte> filter, ref Matches<T> matches)
        where TPolicy : struct, ITreeValuePolicy<T> => Match<TPolicy>(filter, matches);

    /// <inheritdoc cref="Match{TPolicy}(ReadOnlySpan{byte}, ref Matches{T})"/>
    public void Match<TPolicy>(ReadOnlySpan<byte> filter, Matches<T> matches)
        where TPolicy : struct, ITreeValuePolicy<T> => TryMatch<TPolicy>(filter, matches, int.MaxValue);

    /// <summary>Appends the value of every topic that a filter matches, or stops when the buffer holds <paramref name="most"/>.</summary>
    /// <typeparam name="TPolicy">What to do with each value before anyone else can take it out of the tree.</typeparam>
    /// <param name="filter">A valid topic filter without "$share/{group}/".</param>
    /// <param name="matches">Where to; not cleared before.</param>
    /// <param name="most">How many values the buffer may hold.</param>
    /// <returns>False if it stopped: there may be more.</returns>
    public bool TryMatch<TPolicy>(ReadOnlySpan<byte> filter, Matches<T> matches, int most)
        where TPolicy : struct, ITreeValuePolicy<T>
    {
        ArgumentNullException.ThrowIfNull(matches);
        lock (_gate)
        {
            if (filter.ContainsAny(TopicName.SingleLevelWildcard, TopicName.MultiLevelWildcard))
            {
                Walk<TPolicy>(filter, matches, most);
            }
            else
            {
                Collect<TPolicy>(_tree.Find(filter), matches);
            }

            return matches.Count < most;
        }
    }

    /// <summary>
    /// Appends the next values of a search that goes on from call to call, so that a filter that matches a million topics
    /// needs neither a million places nor the lock for long. A topic that has its value all the while is found once; one
    /// that gets or loses its value meanwhile may be found or not. After a large tree was rewritten in less memory the search
    /// begins again, and finds topics a second time.
    /// </summary>
    /// <typeparam name="TPolicy">What to do with each value, and how to tell its topic.</typeparam>
    /// <param name="filter">A valid topic filter without "$share/{group}/".</param>
    /// <param name="matches">Where to; not cleared before.</param>
    /// <param name="most">How many values the buffer may hold.</param>
    /// <param name="cursor">Where the search is; default to begin.</param>
    /// <returns>False when the search is over.</returns>
    public bool TryMatchNext<TPolicy>(ReadOnlySpan<byte> filter, Matches<T> matches, int most, ref TopicTreeCursor cursor)
        where TPolicy : struct, ITreeValuePolicy<T>, ITreeValueTopic<T>
    {
        ArgumentNullException.ThrowIfNull(matches);
        lock (_gate)
        {
            if (cursor.Generation != _generation) cursor = new TopicTreeCursor { Generation = _generation };
            int end = (int)Math.Min(_values.Length, (long)cursor.Position + NodesPerStep);
            while (cursor.Position < end && matches.Count < most)
            {
                int node = cursor.Position++;
                if (_values[node] is { } value && TopicFilter.Matches(filter, TPolicy.TopicOf(value))) Collect<TPolicy>(node, matches);
            }

            return cursor.Position < _values.Length;
        }
    }

    private void Walk<TPolicy>(ReadOnlySpan<byte> filter, Matches<T> matches, int most)
        where TPolicy : struct, ITreeValuePolicy<T>
    {
        int pendingCount = 0;
        Push(ref pendingCount, LevelTree.Root, 0, withSiblings: false);
        while (pendingCount > 0 && matches.Count < most)
        {
            Branch branch = _pending[--pendingCount];
            if (branch.WithSiblings && _tree.NextSibling(branch.Node) is var sibling and not 0)
            {
                Push(ref pendingCount, sibling, branch.Offset, withSiblings: true);
            }

            if (IsPassedBy(branch.Node, branch.WithSiblings))
            {
                continue;
            }

            if (branch.Offset > filter.Length)
            {
                Collect<TPolicy>(branch.Node, matches);
                continue;
            }

            ReadOnlySpan<byte> rest = filter[branch.Offset..];
            ReadOnlySpan<byte> level = TopicFilter.TakeLevel(ref rest, out _);
            int next = branch.Offset + level.Length + 1;
            if (level is [TopicName.MultiLevelWildcard])
            {
                CollectSubtree<TPolicy>(branch.Node, matches, most);
                continue;
            }

            bool any = level is [TopicName.SingleLevelWildcard];
            int child = any ? _tree.FirstChild(branch.Node) : _tree.FindChild(branch.Node, _tree.FindLevel(level));
            if (child != 0)
            {
                Push(ref pendingCount, child, next, withSiblings: any);
            }
        }
    }

    /// <summary>A wildcard brought the walk here, and the node is a first level that begins with '$'. [MQTT-4.7.2-1]</summary>
    private bool IsPassedBy(int node, bool byWildcard) =>
        byWildcard && _tree.Nodes[node].Parent == LevelTree.Root && _tree.IsReserved(node);

    private void Push(ref int pendingCount, int node, int offset, bool withSiblings)
    {
        if (pendingCount == _pending.Length)
        {
            Array.Resize(ref _pending, pendingCount * 2);
        }

        _pending[pendingCount++] = new Branch { Node = node, Offset = offset, WithSiblings = withSiblings };
    }

    /// <summary>A node and all below it, in the order down, right, up; the links are the only stack.</summary>
    private void CollectSubtree<TPolicy>(int top, Matches<T> matches, int most)
        where TPolicy : struct, ITreeValuePolicy<T>
    {
        int node = top;
        while (matches.Count < most)
        {
            bool isPassedBy = top == LevelTree.Root && IsPassedBy(node, byWildcard: true);
            if (!isPassedBy)
            {
                Collect<TPolicy>(node, matches);
            }

            if (!isPassedBy && _tree.FirstChild(node) is var child and not 0)
            {
                node = child;
                continue;
            }

            while (node != top && _tree.NextSibling(node) == 0)
            {
                node = _tree.Nodes[node].Parent;
            }

            if (node == top)
            {
                return;
            }

            node = _tree.NextSibling(node);
        }
    }

    private void Collect<TPolicy>(int node, Matches<T> matches)
        where TPolicy : struct, ITreeValuePolicy<T>
    {
        if (_values[node] is { } value)
        {
            matches.Add(value);
            TPolicy.OnTaken(value);
        }
    }

    private T RemoveAt(int node, T value)
    {
        Debug.Assert(_tree.Nodes[node].Item == 1, "A value is counted.");
        _values[node] = null;
        _tree.Nodes[node].Item = 0;
        Volatile.Write(ref _count, _count - 1);
        _tree.Prune(node);
        if (_tree.Compact() is { } moved)
        {
            T?[] old = _values;
            _generation++;
            _values = new T?[_tree.Nodes.Length];
            for (int from = 0; from < moved.Length; from++)
            {
                _values[moved[from]] = moved[from] != 0 ? old[from] : null;
            }
        }

        return value;
    }
}

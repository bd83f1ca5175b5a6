using System.Collections.Concurrent;
using Broker.Core.Primitives;

namespace Broker.Core.ChangeDetection;

/// <summary>Those who wait for a value, by topic.</summary>
/// <remarks>
/// Threading: any thread. Whoever publishes looks at one number when nobody waits. No change is missed by somebody who adds a
/// watcher first and looks at the value afterwards: both the look and the publication pass the lock of the topic's state (or,
/// for a topic that was unknown, the index's), so one of the two sees the other.
/// </remarks>
internal sealed class ValueWatchers
{
    private readonly ConcurrentDictionary<byte[], Row> _rows = new(Utf8Comparer.Instance);
    private int _count;

    /// <summary>How many wait.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Topics that somebody waits for.</summary>
    public int TopicCount => _rows.Count;

    /// <summary>Adds a watcher; it is told of every value from now on, until it is removed.</summary>
    public void Add(ReadOnlySpan<byte> topic, ValueWatcher watcher)
    {
        Interlocked.Increment(ref _count);
        ConcurrentDictionary<byte[], Row>.AlternateLookup<ReadOnlySpan<byte>> rows = _rows.GetAlternateLookup<ReadOnlySpan<byte>>();
        while (true)
        {
            if (!rows.TryGetValue(topic, out Row? row)) row = _rows.GetOrAdd(topic.ToArray(), static key => new Row(key));
            lock (row)
            {
                if (row.IsClosed) continue; // its last watcher left this moment: another row takes its place
                row.Link(watcher);
                return;
            }
        }
    }

    /// <summary>Removes a watcher that was added.</summary>
    public void Remove(ValueWatcher watcher)
    {
        Row row = watcher.Row!; // it was added
        lock (row)
        {
            row.Unlink(watcher);
            if (row.First is null)
            {
                row.IsClosed = true;
                _rows.TryRemove(KeyValuePair.Create(row.Topic, row));
            }
        }

        Interlocked.Decrement(ref _count);
    }

    /// <summary>A topic has another value, or none any more: those who waited for that are told.</summary>
    /// <param name="values">Where the value is.</param>
    /// <param name="state">The topic.</param>
    public void Notify(LastValues values, TopicState state)
    {
        if (Count == 0) return;
        if (!_rows.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(state.Topic, out Row? row)) return;
        TopicPicture? picture = values.TakePicture(state);
        lock (row)
        {
            for (ValueWatcher? watcher = row.First; watcher is not null; watcher = watcher.Following)
            {
                if (!watcher.Wants(picture)) continue;
                picture?.Value.AddReference();
                if (!watcher.TryComplete(picture)) picture?.Value.Release(); // its time was over, or it was told before
            }
        }

        picture?.Value.Release();
    }

    /// <summary>Everybody is told that there is nothing to wait for any more.</summary>
    public void CompleteAll()
    {
        foreach (Row row in _rows.Values)
        {
            lock (row)
            {
                for (ValueWatcher? watcher = row.First; watcher is not null; watcher = watcher.Following) watcher.TryComplete(null);
            }
        }
    }

    /// <summary>The watchers of one topic; under its own lock, a leaf.</summary>
    internal sealed class Row(byte[] topic)
    {
        /// <summary>The topic.</summary>
        public byte[] Topic { get; } = topic;

        /// <summary>The watcher that was added last.</summary>
        public ValueWatcher? First { get; private set; }

        /// <summary>Whether it was removed.</summary>
        public bool IsClosed { get; set; }

        /// <summary>Adds a watcher.</summary>
        public void Link(ValueWatcher watcher)
        {
            watcher.Row = this;
            watcher.Following = First;
            if (First is not null) First.Preceding = watcher;
            First = watcher;
        }

        /// <summary>Removes a watcher.</summary>
        public void Unlink(ValueWatcher watcher)
        {
            if (watcher.Preceding is not null) watcher.Preceding.Following = watcher.Following;
            else First = watcher.Following;
            if (watcher.Following is not null) watcher.Following.Preceding = watcher.Preceding;
            watcher.Preceding = watcher.Following = null;
        }
    }
}

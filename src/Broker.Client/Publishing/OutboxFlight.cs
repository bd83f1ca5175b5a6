using System.Diagnostics.CodeAnalysis;

namespace Broker.Client.Publishing;

/// <summary>
/// What is on its way to the broker, by packet identifier, within the broker's Receive Maximum; after a reconnect, what has to be sent again.
/// Guarded by the <see cref="Outbox"/>'s lock.
/// </summary>
internal sealed class OutboxFlight
{
    private readonly Dictionary<ushort, OutboxEntry> _entries = [];
    private readonly Queue<OutboxEntry> _again = new();
    private int _window;
    private int _used;

    public IEnumerable<OutboxEntry> Entries => _entries.Values;

    public bool TryGet(ushort packetId, [NotNullWhen(true)] out OutboxEntry? entry) => _entries.TryGetValue(packetId, out entry);

    /// <summary>A message of an earlier process, which may have sent it.</summary>
    /// <returns>False: its identifier is in use, so it cannot have been sent.</returns>
    public bool TryKeep(OutboxEntry entry) => _entries.TryAdd(entry.PacketId, entry);

    /// <summary>A connection begins.</summary>
    /// <returns>All of it, in the order in which it was sent.</returns>
    public IReadOnlyList<OutboxEntry> Restart(int window)
    {
        _window = window;
        _used = 0;
        _again.Clear();
        List<OutboxEntry> entries = [.. _entries.Values.OrderBy(entry => entry.Sequence)];
        foreach (OutboxEntry entry in entries) entry.InWindow = false;
        return entries;
    }

    /// <summary>Is to be sent again, behind those that were sent before it.</summary>
    public void Again(OutboxEntry entry) => _again.Enqueue(entry);

    public bool TryPeekAgain([NotNullWhen(true)] out OutboxEntry? entry) => _again.TryPeek(out entry);

    public void TakeAgain() => _again.Dequeue();

    /// <summary>Whether a message may be sent now.</summary>
    /// <param name="entry">The message.</param>
    /// <param name="again">Whether it was on its way before.</param>
    public bool HasRoomFor(OutboxEntry entry, bool again) =>
        _used < _window && (again || !_entries.ContainsKey(entry.PacketId)); // a message sixty thousand before may still have its identifier

    public void Start(OutboxEntry entry)
    {
        entry.State = OutboxEntryState.Sent;
        entry.InWindow = true;
        _used++;
        _entries[entry.PacketId] = entry;
    }

    public void End(OutboxEntry entry)
    {
        if (_entries.TryGetValue(entry.PacketId, out OutboxEntry? known) && known == entry) _entries.Remove(entry.PacketId);
        if (entry.InWindow) _used--;
    }
}

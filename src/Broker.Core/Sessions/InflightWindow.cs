using System.Diagnostics;
using Broker.Core.Protocol;

namespace Broker.Core.Sessions;

/// <summary>
/// The QoS 1 and 2 messages that were sent and are not finished, in the order they were sent, each under the packet
/// identifier that nothing else of this session uses meanwhile.
/// </summary>
/// <remarks>Threading: none of its own; every call under the session's gate. Owner: its session.</remarks>
internal sealed class InflightWindow
{
    private const int None = -1;

    private readonly Dictionary<ushort, int> _slots = [];
    private Entry[] _entries = new Entry[4];
    private int _free = None;
    private int _used; // slots that were ever used
    private int _first = None;
    private int _last = None;
    private int _resend = None;
    private int _charged;
    private int _uncharged; // of an earlier connection, and not sent again yet
    private ushort _lastId;

    /// <summary>What an entry waits for.</summary>
    public enum Stage : byte
    {
        /// <summary>PUBLISH was sent: PUBACK or PUBREC is due.</summary>
        Published,

        /// <summary>PUBREL was sent: PUBCOMP is due. The message itself is no longer needed.</summary>
        Released,
    }

    /// <summary>Unfinished messages.</summary>
    public int Count => _slots.Count;

    /// <summary>How many of them count against the client's Receive Maximum on this connection [MQTT-4.9.0-1].</summary>
    public int Charged => _charged;

    /// <summary>Whether entries are still to be sent: again, those of an earlier connection, or once their commit is complete.</summary>
    public bool IsResending => _resend != None;

    /// <summary>Whether new entries may get in line behind those that are still to be sent: these have their place in the window already.</summary>
    public bool TakesMore => _uncharged == 0;

    /// <summary>Takes up a delivery that is being sent, and returns its packet identifier [MQTT-2.2.1-4].</summary>
    public ushort Add(in Delivery delivery)
    {
        Debug.Assert(Count < ushort.MaxValue);
        do
        {
            _lastId = _lastId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastId + 1);
        }
        while (_slots.ContainsKey(_lastId));

        int slot = TakeSlot();
        _entries[slot] = new Entry { Delivery = delivery, Id = _lastId, Previous = _last, Next = None, IsCharged = true };
        if (_last == None) _first = slot;
        else _entries[_last].Next = slot;
        _last = slot;
        _slots.Add(_lastId, slot);
        _charged++;
        return _lastId;
    }

    /// <summary>The entry that was added last is sent in its turn, not before <paramref name="commit"/> is complete.</summary>
    public void HoldLast(long commit)
    {
        _entries[_last].Commit = commit;
        _entries[_last].IsUnsent = true;
        if (_resend == None) _resend = _last;
    }

    /// <summary>Takes up an entry of an earlier run of the broker, under the packet identifier that it had.</summary>
    public void Restore(in Delivery delivery, ushort id, Stage stage)
    {
        int slot = TakeSlot();
        _entries[slot] = new Entry { Delivery = delivery, Id = id, Previous = _last, Next = None, Stage = stage };
        if (_last == None) _first = slot;
        else _entries[_last].Next = slot;
        _last = slot;
        _slots.Add(id, slot);
        _lastId = Math.Max(_lastId, id);
    }

    /// <summary>Adds what the store keeps, in order.</summary>
    public void CollectKept(List<KeptDelivery> kept)
    {
        for (int slot = _first; slot != None; slot = _entries[slot].Next)
        {
            ref Entry entry = ref _entries[slot];
            if (entry.Delivery.Entry == 0) continue;
            ushort id = entry.Delivery.Qos == QualityOfService.ExactlyOnce ? entry.Id : (ushort)0;
            kept.Add(new KeptDelivery(entry.Delivery, id, entry.Stage == Stage.Released));
        }
    }

    /// <summary>The number in the store of an entry that is there.</summary>
    public ref readonly Delivery DeliveryOf(ushort id) => ref _entries[_slots[id]].Delivery;

    /// <summary>The commit that has to be complete before an entry that is there goes on.</summary>
    public long CommitOf(ushort id) => _entries[_slots[id]].Commit;

    /// <summary>What is known of a packet identifier: its QoS and stage.</summary>
    public bool TryGet(ushort id, out QualityOfService qos, out Stage stage)
    {
        if (!_slots.TryGetValue(id, out int slot))
        {
            qos = default;
            stage = default;
            return false;
        }

        qos = _entries[slot].Delivery.Qos;
        stage = _entries[slot].Stage;
        return true;
    }

    /// <summary>PUBREC came: the message may go, its identifier stays in use until PUBCOMP.</summary>
    /// <param name="id">The packet identifier.</param>
    /// <param name="commit">The commit that PUBREL has to wait for; 0 if none.</param>
    public void Release(ushort id, long commit = 0)
    {
        ref Entry entry = ref _entries[_slots[id]];
        if (!entry.IsCharged) _uncharged--; // a PUBREL needs no place
        entry.Stage = Stage.Released;
        entry.Commit = commit;
        entry.Delivery.Message.Release();
    }

    /// <summary>The exchange is over: forgets the identifier, and the message if it was still held.</summary>
    public void Remove(ushort id)
    {
        _slots.Remove(id, out int slot);
        ref Entry entry = ref _entries[slot];
        if (entry.Stage == Stage.Published) entry.Delivery.Message.Release();
        Uncharge(entry);
        Unlink(slot);
    }

    /// <summary>A new connection took the session over: everything unfinished is to be sent again, in order [MQTT-4.4.0-1].</summary>
    public void BeginResend()
    {
        _uncharged = 0;
        for (int slot = _first; slot != None; slot = _entries[slot].Next)
        {
            _entries[slot].IsCharged = false;
            if (_entries[slot].Stage == Stage.Published) _uncharged++;
        }

        _charged = 0;
        _resend = _first;
    }

    /// <summary>The commit that has to be complete before <see cref="TryResendNext"/>, and whether what that gives was never sent.</summary>
    public (long Commit, bool IsUnsent) Next => _resend == None ? default : (_entries[_resend].Commit, _entries[_resend].IsUnsent);

    /// <summary>
    /// The next entry to send; false if there is none, or if it is a PUBLISH and the window of the new connection is full.
    /// </summary>
    public bool TryResendNext(int window, out ushort id, out Stage stage, out Delivery delivery)
    {
        id = 0;
        stage = default;
        delivery = default;
        if (_resend == None) return false;
        ref Entry entry = ref _entries[_resend];
        if (entry.Stage == Stage.Published && !entry.IsCharged)
        {
            if (_charged >= window) return false;
            entry.IsCharged = true;
            _charged++;
            _uncharged--;
        }

        entry.IsUnsent = false;
        (id, stage, delivery) = (entry.Id, entry.Stage, entry.Delivery);
        _resend = entry.Next;
        return true;
    }

    /// <summary>
    /// Takes out what came through shared groups and may go to another member: QoS 1 that was not acknowledged. QoS 2 stays,
    /// because another member could receive it twice [MQTT-4.8.2-4]; so does, if <paramref name="except"/> is given, what no
    /// other connected member could take.
    /// </summary>
    public void TakeShared(List<Delivery> taken, Session? except)
    {
        for (int slot = _first; slot != None;)
        {
            ref Entry entry = ref _entries[slot];
            int next = entry.Next;
            bool mayGo = entry.Delivery.Group is { } group && entry.Delivery.Qos == QualityOfService.AtLeastOnce
                && (except is null || group.HasConnectedMember(except));
            if (mayGo)
            {
                taken.Add(entry.Delivery); // its reference goes along
                _slots.Remove(entry.Id);
                Uncharge(entry);
                Unlink(slot);
            }

            slot = next;
        }
    }

    /// <summary>Releases everything.</summary>
    public void Clear()
    {
        for (int slot = _first; slot != None; slot = _entries[slot].Next)
        {
            if (_entries[slot].Stage == Stage.Published) _entries[slot].Delivery.Message.Release();
        }

        _slots.Clear();
        _entries = new Entry[4];
        _free = _first = _last = _resend = None;
        _used = _charged = _uncharged = 0;
    }

    private void Uncharge(in Entry entry)
    {
        if (entry.IsCharged) _charged--;
        else if (entry.Stage == Stage.Published) _uncharged--;
    }

    private int TakeSlot()
    {
        if (_free != None)
        {
            int slot = _free;
            _free = _entries[slot].Next;
            return slot;
        }

        if (_used == _entries.Length) Array.Resize(ref _entries, 2 * _used);
        return _used++;
    }

    private void Unlink(int slot)
    {
        (int previous, int next) = (_entries[slot].Previous, _entries[slot].Next);
        if (previous == None) _first = next;
        else _entries[previous].Next = next;
        if (next == None) _last = previous;
        else _entries[next].Previous = previous;
        if (_resend == slot) _resend = next;
        _entries[slot] = new Entry { Next = _free, Previous = None };
        _free = slot;
    }

    private struct Entry
    {
        public Delivery Delivery;
        public int Previous;
        public int Next;
        public ushort Id;
        public Stage Stage;
        public bool IsCharged; // sent on this connection, or about to be, and so part of its Receive Maximum
        public bool IsUnsent; // it never left
        public long Commit; // what has to be complete before it goes on
    }
}

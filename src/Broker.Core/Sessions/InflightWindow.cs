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
    private const ushort None = 0; // no packet identifier [MQTT-2.2.1-3]
    private const int SmallestCapacity = 4;

    // The place of an identifier is its low bits: identifiers that follow one another fill the array without gaps, and one whose place
    // is taken is passed over. The order is a list of identifiers.
    private Entry[] _entries = new Entry[SmallestCapacity];
    private ushort _first = None;
    private ushort _last = None;
    private ushort _resend = None;
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
    public int Count { get; private set; }

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
        ushort id = TakeId();
        Append(new Entry { Delivery = delivery, Id = id, IsCharged = true });
        _charged++;
        return id;
    }

    /// <summary>The entry that was added last is sent in its turn, not before <paramref name="commit"/> is complete.</summary>
    public void HoldLast(long commit)
    {
        ref Entry last = ref PlaceOf(_last);
        last.Commit = commit;
        last.IsUnsent = true;
        if (_resend == None) _resend = _last;
    }

    /// <summary>Takes up an entry of an earlier run of the broker, under the packet identifier that it had.</summary>
    public void Restore(in Delivery delivery, ushort id, Stage stage)
    {
        while (PlaceOf(id).Id != None) Grow(); // at the latest when every identifier has a place of its own
        Append(new Entry { Delivery = delivery, Id = id, Stage = stage });
        _lastId = Math.Max(_lastId, id);
    }

    /// <summary>Adds what the store keeps, in order.</summary>
    public void CollectKept(List<KeptDelivery> kept)
    {
        for (ushort at = _first; at != None; at = PlaceOf(at).Next)
        {
            ref Entry entry = ref PlaceOf(at);
            if (entry.Delivery.Entry == 0) continue;
            ushort id = entry.Delivery.Qos == QualityOfService.ExactlyOnce ? entry.Id : (ushort)0;
            kept.Add(new KeptDelivery(entry.Delivery, id, entry.Stage == Stage.Released));
        }
    }

    /// <summary>Bytes of the messages that are not released.</summary>
    public long KeptBytes
    {
        get
        {
            long bytes = 0;
            for (ushort at = _first; at != None; at = PlaceOf(at).Next)
            {
                if (PlaceOf(at).Stage == Stage.Published) bytes += PlaceOf(at).Delivery.Message.Size;
            }

            return bytes;
        }
    }

    /// <summary>The number in the store of an entry that is there.</summary>
    public ref readonly Delivery DeliveryOf(ushort id) => ref PlaceOf(id).Delivery;

    /// <summary>The commit that has to be complete before an entry that is there goes on.</summary>
    public long CommitOf(ushort id) => PlaceOf(id).Commit;

    /// <summary>What is known of a packet identifier: its QoS and stage.</summary>
    public bool TryGet(ushort id, out QualityOfService qos, out Stage stage)
    {
        ref Entry entry = ref PlaceOf(id);
        bool isKnown = entry.Id == id && id != None;
        (qos, stage) = isKnown ? (entry.Delivery.Qos, entry.Stage) : default;
        return isKnown;
    }

    /// <summary>PUBREC came: the message may go, its identifier stays in use until PUBCOMP.</summary>
    /// <param name="id">The packet identifier.</param>
    /// <param name="commit">The commit that PUBREL has to wait for; 0 if none.</param>
    public void Release(ushort id, long commit = 0)
    {
        ref Entry entry = ref PlaceOf(id);
        if (!entry.IsCharged) _uncharged--; // a PUBREL needs no place
        entry.Stage = Stage.Released;
        entry.Commit = commit;
        entry.Delivery.Message.Release();
    }

    /// <summary>The exchange is over: forgets the identifier, and the message if it was still held.</summary>
    public void Remove(ushort id)
    {
        ref Entry entry = ref PlaceOf(id);
        if (entry.Stage == Stage.Published) entry.Delivery.Message.Release();
        Uncharge(entry);
        Unlink(ref entry);
    }

    /// <summary>A new connection took the session over: everything unfinished is to be sent again, in order [MQTT-4.4.0-1].</summary>
    public void BeginResend()
    {
        _uncharged = 0;
        for (ushort at = _first; at != None; at = PlaceOf(at).Next)
        {
            ref Entry entry = ref PlaceOf(at);
            entry.IsCharged = false;
            if (entry.Stage == Stage.Published) _uncharged++;
        }

        _charged = 0;
        _resend = _first;
    }

    /// <summary>The commit that has to be complete before <see cref="TryResendNext"/>, and whether what that gives was never sent.</summary>
    public (long Commit, bool IsUnsent) Next => _resend == None ? default : (PlaceOf(_resend).Commit, PlaceOf(_resend).IsUnsent);

    /// <summary>
    /// The next entry to send; false if there is none, or if it is a PUBLISH and the window of the new connection is full.
    /// </summary>
    public bool TryResendNext(int window, out ushort id, out Stage stage, out Delivery delivery)
    {
        id = 0;
        stage = default;
        delivery = default;
        if (_resend == None) return false;
        ref Entry entry = ref PlaceOf(_resend);
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
        for (ushort at = _first; at != None;)
        {
            ref Entry entry = ref PlaceOf(at);
            ushort next = entry.Next;
            bool mayGo = entry.Delivery.Group is { } group && entry.Delivery.Qos == QualityOfService.AtLeastOnce
                && (except is null || group.HasConnectedMember(except));
            if (mayGo)
            {
                taken.Add(entry.Delivery); // its reference goes along
                Uncharge(entry);
                Unlink(ref entry);
            }

            at = next;
        }
    }

    /// <summary>Releases everything.</summary>
    public void Clear()
    {
        for (ushort at = _first; at != None; at = PlaceOf(at).Next)
        {
            ref Entry entry = ref PlaceOf(at);
            if (entry.Stage == Stage.Published) entry.Delivery.Message.Release();
        }

        _entries = new Entry[SmallestCapacity];
        _first = _last = _resend = None;
        Count = _charged = _uncharged = 0;
    }

    private void Uncharge(in Entry entry)
    {
        if (entry.IsCharged) _charged--;
        else if (entry.Stage == Stage.Published) _uncharged--;
    }

    private ref Entry PlaceOf(ushort id) => ref _entries[id & (_entries.Length - 1)];

    /// <summary>The next identifier whose place is free; at least a quarter of the places are, so that the search is short.</summary>
    private ushort TakeId()
    {
        do
        {
            _lastId = _lastId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastId + 1);
            if (PlaceOf(_lastId).Id != None && Count >= _entries.Length / 4 * 3 && _entries.Length <= ushort.MaxValue) Grow();
        }
        while (PlaceOf(_lastId).Id != None);

        return _lastId;
    }

    private void Append(in Entry entry)
    {
        ref Entry place = ref PlaceOf(entry.Id);
        place = entry;
        place.Previous = _last;
        if (_last == None) _first = entry.Id;
        else PlaceOf(_last).Next = entry.Id;
        _last = entry.Id;
        Count++;
    }

    private void Unlink(ref Entry entry)
    {
        (ushort previous, ushort next) = (entry.Previous, entry.Next);
        if (previous == None) _first = next;
        else PlaceOf(previous).Next = next;
        if (next == None) _last = previous;
        else PlaceOf(next).Previous = previous;
        if (_resend == entry.Id) _resend = next;
        entry = default;
        Count--;
    }

    private void Grow()
    {
        Entry[] before = _entries;
        _entries = new Entry[2 * before.Length];
        foreach (ref Entry entry in before.AsSpan())
        {
            if (entry.Id != None) PlaceOf(entry.Id) = entry; // identifiers that differed in fewer bits differ in more
        }
    }

    private struct Entry
    {
        public Delivery Delivery;
        public long Commit; // what has to be complete before it goes on
        public ushort Id; // None in a free place
        public ushort Previous;
        public ushort Next;
        public Stage Stage;
        public bool IsCharged; // sent on this connection, or about to be, and so part of its Receive Maximum
        public bool IsUnsent; // it never left
    }
}

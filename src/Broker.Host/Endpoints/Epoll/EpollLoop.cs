using Broker.Core.Connections;
using Broker.Core.Primitives;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Endpoints.Epoll;

/// <summary>
/// An event loop: one thread that owns connections and does everything for them. A turn reads what has come, lets the broker
/// handle it, and then sends once to every connection that got something.
/// </summary>
/// <remarks>
/// Threading: <see cref="Enqueue"/> from anywhere; the other members are for what the loop owns, on its thread. Other threads,
/// and other loops, only leave word; the bell is rung at most once for a turn of theirs, and not while this loop is awake.
/// </remarks>
internal sealed class EpollLoop : ILoopTurns, IDisposable
{
    // Then everything is sent: what many publishers bring for one subscriber leaves in few writes, and what it takes is still in
    // the processor's caches.
    private const int RoundBytes = 16_384;

    // One receive; a session's queue has to take what one client sends in it.
    private const int ReadBytes = 65_536;

    private static readonly TimeSpan _stopTime = TimeSpan.FromSeconds(2);

    [ThreadStatic]
    private static EpollLoop? _current;

    private readonly ILogger _logger;
    private readonly EpollSet _set = new();
    private readonly Thread _thread;
    private readonly EpollLoop[] _others;
    private readonly int _index;

    // Any thread.
    private LoopMember? _inbox;
    private int _sleeps;
    private volatile bool _stops;

    // The loop's thread.
    private readonly MemberTable _members = new();
    private readonly Queue<LoopMember> _continuing = new();
    private readonly List<LoopMember> _ending = [];
    private List<LoopMember> _requesting = [];
    private List<LoopMember> _requestingNext = [];
    private ulong _toRing; // a bit for each loop
    private long _turns;
    private int _receivedInRound;

    /// <summary>Creates it; it runs once it is started.</summary>
    /// <param name="all">All loops, where this one is put at <paramref name="index"/>.</param>
    /// <param name="index">Which one it is.</param>
    /// <param name="logger">Where faults of ours are told.</param>
    public EpollLoop(EpollLoop[] all, int index, ILogger logger)
    {
        _others = all;
        _index = index;
        _logger = logger;
        _thread = new Thread(Run) { IsBackground = true, Name = $"mqtt loop {index}" };
    }

    /// <summary>What connections receive into, one after the other.</summary>
    public byte[] ReadBuffer { get; } = GC.AllocateUninitializedArray<byte>(ReadBytes, pinned: true);

    /// <summary>What connections are drained into, one after the other; empty in between.</summary>
    public OutputBuffer Output { get; } = new(OutputBuffer.TargetBytes);

    /// <inheritdoc/>
    public long Turns => Volatile.Read(ref _turns);

    /// <inheritdoc/>
    public bool IsAsleep => Volatile.Read(ref _sleeps) != 0;

    /// <summary>Begins to run.</summary>
    public void Start() => _thread.Start();

    /// <summary>Somebody asked a member for something that it was not asked for yet.</summary>
    public void Enqueue(LoopMember member)
    {
        EpollLoop? current = _current;
        if (current == this)
        {
            _requesting.Add(member);
            return;
        }

        LoopMember? head = Volatile.Read(ref _inbox);
        while (true)
        {
            member.Next = head;
            LoopMember? seen = Interlocked.CompareExchange(ref _inbox, member, head);
            if (seen == head) break;
            head = seen;
        }

        if (current is null) RingIfAsleep();
        else current._toRing |= 1UL << _index; // when its round is over, so that this loop finds all of it at once
    }

    /// <summary>Watches a member's descriptor.</summary>
    public void Watch(LoopMember member, EpollEvents events)
    {
        _members.Add(member);
        _set.Add(member.Descriptor, member.Slot, events);
    }

    /// <summary>Gives a member's place away; its descriptor is watched until it is closed.</summary>
    public void Forget(LoopMember member)
    {
        if (member.Slot >= 0) _members.Remove(member);
    }

    /// <summary>Stops watching a descriptor that stays open.</summary>
    public void Unwatch(LoopMember member) => _set.Remove(member.Descriptor);

    /// <summary>A member has more to do; its turn comes again after the others.</summary>
    public void ContinueLater(LoopMember member) => _continuing.Enqueue(member);

    /// <summary>A member wants to go when the turn is over.</summary>
    public void EndLater(LoopMember member) => _ending.Add(member);

    /// <summary>So many bytes were received and handled.</summary>
    public void NoteReceived(int count) => _receivedInRound += count;

    /// <summary>Lets it stop soon, and end what it still owns.</summary>
    public void BeginStop()
    {
        _stops = true;
        _set.Ring();
    }

    /// <summary>Waits until it has stopped.</summary>
    public void Dispose()
    {
        BeginStop();
        if (!_thread.IsAlive || _thread.Join(_stopTime)) _set.Dispose(); // a thread that hangs keeps what it uses
    }

    private void Run()
    {
        _current = this;
        while (!_stops) Turn();
        TakeInbox();
        AnswerRequests();
        foreach (LoopMember member in _members.All()) member.Post(LoopRequests.End);
        AnswerRequests();
        EndAll();
        Output.Dispose();
    }

    private void Turn()
    {
        int count = _set.Wait(TimeToWait());
        Volatile.Write(ref _sleeps, 0);
        Volatile.Write(ref _turns, _turns + 1);
        int next = 0;
        int continuing = _continuing.Count; // who continues in this turn comes again in the next one
        do
        {
            using (ReceiveRound.Open())
            {
                _receivedInRound = 0;
                while (next < count && _receivedInRound < RoundBytes) Tell(_set[next++]);
                while (next == count && continuing > 0 && _receivedInRound < RoundBytes)
                {
                    continuing--;
                    Continue(_continuing.Dequeue());
                }
            }

            RingOthers();
            TakeInbox();
            AnswerRequests();
        }
        while (next < count || continuing > 0);

        EndAll();
        RingOthers();
    }

    private int TimeToWait()
    {
        if (_requesting.Count > 0 || _continuing.Count > 0 || _ending.Count > 0) return 0;

        // Whoever leaves word after this look sees that the loop sleeps.
        Interlocked.Exchange(ref _sleeps, 1);
        return Volatile.Read(ref _inbox) is null && !_stops ? -1 : 0;
    }

    private void Tell((int Number, EpollEvents Events) happened)
    {
        if (happened.Number == EpollSet.Bell || _members[happened.Number] is not { } member) return;
        try
        {
            member.OnEvents(happened.Events);
        }
        catch (Exception e)
        {
            Fault(member, e);
        }
    }

    private void Continue(LoopMember member)
    {
        try
        {
            member.Continue();
        }
        catch (Exception e)
        {
            Fault(member, e);
        }
    }

    // In the order in which they came: the stack has the last one on top.
    private void TakeInbox()
    {
        if (Volatile.Read(ref _inbox) is null) return;
        LoopMember? member = Interlocked.Exchange(ref _inbox, null);
        int first = _requesting.Count;
        while (member is not null)
        {
            LoopMember? next = member.Next;
            member.Next = null;
            _requesting.Add(member);
            member = next;
        }

        _requesting.Reverse(first, _requesting.Count - first);
    }

    private void AnswerRequests()
    {
        (_requesting, _requestingNext) = (_requestingNext, _requesting);
        foreach (LoopMember member in _requestingNext)
        {
            LoopRequests requests = member.TakeRequests();
            try
            {
                if ((requests & ~LoopRequests.Drain) != 0) member.OnRequests(requests);
                if ((requests & LoopRequests.Drain) != 0) member.Drain();
            }
            catch (Exception e)
            {
                Fault(member, e);
            }
        }

        _requestingNext.Clear();
    }

    private void EndAll()
    {
        for (int i = 0; i < _ending.Count; i++)
        {
            LoopMember member = _ending[i];
            try
            {
                member.End();
            }
            catch (Exception e)
            {
                HostLog.ConnectionFaulted(_logger, e);
            }
        }

        _ending.Clear();
    }

    // A fault of ours ends what it happened to, loudly; the loop goes on for the others.
    private void Fault(LoopMember member, Exception fault)
    {
        HostLog.ConnectionFaulted(_logger, fault);
        member.Fault();
    }

    private void RingOthers()
    {
        ulong toRing = _toRing;
        _toRing = 0;
        for (int i = 0; toRing != 0; i++, toRing >>= 1)
        {
            if ((toRing & 1) != 0) _others[i].RingIfAsleep();
        }
    }

    private void RingIfAsleep()
    {
        if (Volatile.Read(ref _sleeps) != 0 && Interlocked.Exchange(ref _sleeps, 0) != 0) _set.Ring();
    }
}

using System.Numerics;

namespace Broker.Core.Time;

/// <summary>
/// Any number of timers at the cost of one: a hierarchical timing wheel with ticks of <see cref="TickMs"/>.
/// </summary>
/// <remarks>
/// A timer waits in the level of the highest 6-bit digit in which its due tick differs from the current tick. So level 0 holds the timers of the next
/// 64 ticks, one slot each; a slot of level n covers 64^n ticks and is spread over the levels below when time reaches it. A timer is moved at most once
/// per level, and eleven levels cover every due time that a <see cref="long"/> can hold. One bit per slot says whether it is occupied, so time jumps from one
/// occupied slot to the next: neither waiting timers nor empty ticks cost anything.
/// <para>What callers may rely on:</para>
/// <list type="bullet">
/// <item>A timer never fires before its due time. It fires in the first Advance whose time is at or past the due time rounded up to a full tick.</item>
/// <item>Timers fire in the order of their due ticks; the order within one tick is not defined. Timers that were past when they were scheduled come before
/// them, in the order of scheduling.</item>
/// <item>A timer fires at most once per Advance. If it is scheduled from inside an Expired for a time that is already past, it fires in the next Advance.</item>
/// <item>A timer that was cancelled or moved before its Expired began does not fire for the old due time, even in the middle of an Advance.</item>
/// <item>After Cancel returned true, Expired is not called. After false it has been called, is being called, or the timer was not scheduled.</item>
/// <item>If an Expired throws, Advance ends with that exception, and the timers that were due after it fire in the next Advance.</item>
/// </list>
/// <para>Threading: every member may be called from any thread and from inside Expired, but only one thread at a time calls Advance. One private lock;
/// Expired is called outside it. Time is whatever monotonic milliseconds the caller uses; the first tick is 0.</para>
/// </remarks>
public sealed class TimingWheel
{
    /// <summary>The length of a tick in milliseconds.</summary>
    public const int TickMs = 100;

    private const int DigitBits = 6;
    private const int SlotsPerLevel = 1 << DigitBits;
    private const int Levels = 11;                    // 11 x 6 bits > 63 bits
    private const int Ready = Levels * SlotsPerLevel; // due; being fired by the Advance that runs
    private const int Overdue = Ready + 1;            // was past when it was scheduled; the next Advance fires it

    private readonly Lock _gate = new();

    // under _gate
    private readonly WheelTimer?[] _lists = new WheelTimer?[Overdue + 1]; // heads of circular lists; the slots, then Ready and Overdue
    private readonly ulong[] _occupied = new ulong[Levels];
    private long _tick;
    private int _count;

    /// <summary>How many timers wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>Lets a timer fire at a time; if it waits already, it is moved there.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="dueMs">When, in milliseconds; what is past fires in the next Advance.</param>
    public void Schedule(WheelTimer timer, long dueMs)
    {
        ArgumentNullException.ThrowIfNull(timer);
        long dueTick = dueMs <= 0 ? 0 : ((dueMs - 1) / TickMs) + 1; // rounded up: never early

        lock (_gate)
        {
            if (timer.List != WheelTimer.NoList)
            {
                Unlink(timer);
            }

            timer.DueTick = dueTick;
            Place(timer, Overdue);
        }
    }

    /// <summary>Takes a timer out.</summary>
    /// <param name="timer">The timer.</param>
    /// <returns>true: it waited, and will not fire. false: it did not wait: it was never scheduled, or is firing, or has fired.</returns>
    public bool Cancel(WheelTimer timer)
    {
        ArgumentNullException.ThrowIfNull(timer);
        lock (_gate)
        {
            if (timer.List == WheelTimer.NoList)
            {
                return false;
            }

            Unlink(timer);
            return true;
        }
    }

    /// <summary>Moves the time on and fires what is due.</summary>
    /// <param name="nowMs">The time in milliseconds; one that lies before an earlier call's does not turn the wheel back.</param>
    public void Advance(long nowMs)
    {
        lock (_gate)
        {
            CollectDueUnsynchronized(nowMs / TickMs);
        }

        while (TakeReady() is { } timer)
        {
            timer.Expired(nowMs);
        }
    }

    private void CollectDueUnsynchronized(long target)
    {
        while (_lists[Overdue] is { } overdue)
        {
            Unlink(overdue);
            Link(overdue, Ready);
        }

        while (TryNextSlot(out int level, out int slot, out long start) && start <= target)
        {
            _tick = start;
            int list = (level * SlotsPerLevel) + slot;
            while (_lists[list] is { } timer)
            {
                Unlink(timer);
                Place(timer, Ready);
            }
        }

        // No occupied slot begins at or before target, so every waiting timer is still in the level that its due tick and the new tick give it.
        _tick = Math.Max(_tick, target);
    }

    /// <summary>The occupied slot that begins first. A lower level lies wholly before the occupied slots of a higher one, and no level wraps around.</summary>
    private bool TryNextSlot(out int level, out int slot, out long start)
    {
        for (level = 0; level < Levels; level++)
        {
            if (_occupied[level] != 0)
            {
                slot = BitOperations.TrailingZeroCount(_occupied[level]);
                int shift = level * DigitBits;
                long higherDigits = level == Levels - 1 ? 0 : _tick >> (shift + DigitBits) << (shift + DigitBits);
                start = higherDigits | ((long)slot << shift);
                return true;
            }
        }

        slot = 0;
        start = 0;
        return false;
    }

    private WheelTimer? TakeReady()
    {
        lock (_gate)
        {
            WheelTimer? timer = _lists[Ready];
            if (timer is not null)
            {
                Unlink(timer);
            }

            return timer;
        }
    }

    private void Place(WheelTimer timer, int listIfDue)
    {
        if (timer.DueTick <= _tick)
        {
            Link(timer, listIfDue);
            return;
        }

        int level = BitOperations.Log2((ulong)(timer.DueTick ^ _tick)) / DigitBits;
        int slot = (int)(timer.DueTick >> (level * DigitBits)) & (SlotsPerLevel - 1);
        _occupied[level] |= 1UL << slot;
        Link(timer, (level * SlotsPerLevel) + slot);
    }

    private void Link(WheelTimer timer, int list)
    {
        WheelTimer? head = _lists[list];
        if (head is null)
        {
            timer.Previous = timer;
            timer.Next = timer;
            _lists[list] = timer;
        }
        else
        {
            WheelTimer tail = head.Previous!; // a linked timer always has both neighbours
            timer.Previous = tail;
            timer.Next = head;
            tail.Next = timer;
            head.Previous = timer;
        }

        timer.List = list;
        _count++;
    }

    private void Unlink(WheelTimer timer)
    {
        int list = timer.List;
        if (timer.Next == timer)
        {
            _lists[list] = null;
            if (list < Ready)
            {
                _occupied[list / SlotsPerLevel] &= ~(1UL << (list % SlotsPerLevel));
            }
        }
        else
        {
            timer.Previous!.Next = timer.Next; // a linked timer always has both neighbours
            timer.Next!.Previous = timer.Previous;
            if (_lists[list] == timer)
            {
                _lists[list] = timer.Next;
            }
        }

        timer.Previous = null;
        timer.Next = null;
        timer.List = WheelTimer.NoList;
        _count--;
    }
}

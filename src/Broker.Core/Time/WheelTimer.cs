namespace Broker.Core.Time;

/// <summary>Something that is to happen at a time; at once the timer and its place in a <see cref="TimingWheel"/>, so that scheduling allocates nothing.</summary>
/// <remarks>Owner: the wheel it is scheduled in; the links are read and written under that wheel's lock only. A timer belongs to one wheel for life.</remarks>
public abstract class WheelTimer
{
    internal const int NoList = -1;

    internal WheelTimer? Previous;
    internal WheelTimer? Next;
    internal long DueTick;
    internal int List = NoList;

    /// <summary>Whether the timer waits to fire. A snapshot: another thread may fire, cancel or schedule it at any moment.</summary>
    public bool IsScheduled => Volatile.Read(ref List) != NoList;

    /// <summary>
    /// The time has come. Called by <see cref="TimingWheel.Advance"/> on its thread and outside the wheel's lock; the timer is no longer scheduled, and may be
    /// scheduled again from in here. Must not block; what it throws comes out of Advance.
    /// </summary>
    /// <param name="nowMs">The time that Advance was called with, in milliseconds.</param>
    protected internal abstract void Expired(long nowMs);
}

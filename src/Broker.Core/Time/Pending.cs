using System.Threading.Tasks.Sources;

namespace Broker.Core.Time;

/// <summary>
/// Something that one caller awaits and that comes true once: by what it waits for, by its timeout or by cancellation, whichever
/// is first. One object is the result, the timer and the task.
/// </summary>
/// <typeparam name="T">The result.</typeparam>
/// <remarks>
/// Threading: any thread completes it; one caller awaits it, once. Whoever awaits goes on elsewhere, so it may be completed under
/// a lock.
/// </remarks>
internal abstract class Pending<T> : WheelTimer, IValueTaskSource<T>
{
    private static readonly Action<object?, CancellationToken> _cancel = static (pending, token) => ((Pending<T>)pending!).TryCancel(token);

    private ManualResetValueTaskSourceCore<T> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancellation;
    private CancellationTokenRegistration _otherCancellation;
    private int _isComplete;

    /// <summary>What the caller awaits.</summary>
    public ValueTask<T> Task => new(this, _core.Version);

    /// <summary>Gives the result; false if somebody else was first.</summary>
    public bool TryComplete(T result)
    {
        if (Interlocked.Exchange(ref _isComplete, 1) != 0) return false;
        _core.SetResult(result);
        return true;
    }

    /// <summary>Ends it with an <see cref="OperationCanceledException"/>; false if somebody else was first.</summary>
    public bool TryCancel(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isComplete, 1) != 0) return false;
        _core.SetException(new OperationCanceledException(cancellationToken));
        return true;
    }

    /// <summary>
    /// Begins the wait, which the caller then awaits as <see cref="Task"/>; what the result is when its time is over,
    /// <see cref="WheelTimer.Expired"/> says. The caller calls <see cref="End"/> afterwards, whatever came of it.
    /// </summary>
    /// <param name="wheel">Where the time is measured.</param>
    /// <param name="due">When the time is over, in milliseconds of the broker's clock.</param>
    /// <param name="cancellationToken">Ends the wait with an <see cref="OperationCanceledException"/>.</param>
    /// <param name="other">Does so, too: a source that is linked to both would take several times the memory of the second registration.</param>
    public void Begin(TimingWheel wheel, long due, CancellationToken cancellationToken, CancellationToken other = default)
    {
        wheel.Schedule(this, due);
        _cancellation = cancellationToken.UnsafeRegister(_cancel, this);
        _otherCancellation = other.UnsafeRegister(_cancel, this);
    }

    /// <summary>Nobody waits any more.</summary>
    public void End(TimingWheel wheel)
    {
        _cancellation.Dispose();
        _otherCancellation.Dispose();
        wheel.Cancel(this);
    }

    T IValueTaskSource<T>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<T>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}

using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Broker.LoadTests.Engine;

/// <summary>
/// Real time. One thread above normal priority releases who waits, some tens of microseconds late on Linux: the last
/// millisecond is slept with nanosleep, and never spun away, because the broker under test may share the core.
/// </summary>
public sealed partial class PreciseScheduler : ILoadScheduler, IDisposable
{
    private static readonly TimeSpan _fine = TimeSpan.FromMilliseconds(1.5);
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly PriorityQueue<TaskCompletionSource, TimeSpan> _waiting = new();
    private readonly AutoResetEvent _changed = new(initialState: false);
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Thread _pump;
    private volatile bool _stopped;

    public PreciseScheduler()
    {
        _pump = new Thread(Pump) { IsBackground = true, Name = "load pump", Priority = ThreadPriority.AboveNormal };
        _pump.Start();
    }

    public TimeSpan Now => Stopwatch.GetElapsedTime(_start);

    public Task UntilAsync(TimeSpan due, CancellationToken cancellation)
    {
        if (due <= Now) return cancellation.IsCancellationRequested ? Task.FromCanceled(cancellation) : Task.CompletedTask;
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool first;
        lock (_gate)
        {
            first = !_waiting.TryPeek(out _, out TimeSpan earliest) || due < earliest;
            _waiting.Enqueue(waiter, due);
        }

        if (first) _changed.Set();
        return cancellation.CanBeCanceled ? waiter.Task.WaitAsync(cancellation) : waiter.Task;
    }

    public Task Start(Func<Task> work) => Task.Run(work);

    public void Dispose()
    {
        _stopped = true;
        _changed.Set();
        _pump.Join();
        _changed.Dispose();
    }

    private void Pump()
    {
        while (!_stopped)
        {
            TimeSpan wait = Release();
            if (wait > _fine) _changed.WaitOne(wait - TimeSpan.FromMilliseconds(1));
            else if (wait > TimeSpan.Zero) SleepFine(wait);
        }
    }

    /// <summary>Releases all who are due.</summary>
    /// <returns>How long the next one has to wait.</returns>
    private TimeSpan Release()
    {
        while (true)
        {
            TaskCompletionSource waiter;
            lock (_gate)
            {
                if (!_waiting.TryPeek(out _, out TimeSpan due)) return _longest;
                TimeSpan wait = due - Now;
                if (wait > TimeSpan.Zero) return wait < _longest ? wait : _longest;
                waiter = _waiting.Dequeue();
            }

            waiter.TrySetResult();
        }
    }

    private static void SleepFine(TimeSpan wait)
    {
        if (OperatingSystem.IsLinux())
        {
            var request = new TimeSpec { Nanoseconds = (nint)(wait.Ticks * 100) };
            _ = NanoSleep(in request, 0); // interrupted early: the caller looks at the clock again
        }
        else
        {
            Thread.Sleep(wait > TimeSpan.FromMilliseconds(1) ? 1 : 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int NanoSleep(in TimeSpec request, nint remaining);

    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}

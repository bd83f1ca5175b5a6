using Broker.Core.Limits;
using Broker.Host.Endpoints;

namespace Broker.Host;

/// <summary>The memory of the process, and how late it runs: its timers, which show how the pool fares, and its event loops.</summary>
/// <remarks>Threading: the timer on the pool, one tick at a time; the reader on another thread; one number lies between them.</remarks>
internal sealed class ProcessLoad : ILoadMeter, IDisposable
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time;
    private readonly Func<long> _memory;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private LoopWatch[] _loops = [];
    private long _last;
    private long _worst; // ticks

    /// <summary>Begins to measure.</summary>
    public ProcessLoad(TimeProvider time, Func<long>? memory = null)
    {
        _time = time;
        _memory = memory ?? (static () => Environment.WorkingSet);
        _last = time.GetTimestamp();
        _timer = time.CreateTimer(static load => ((ProcessLoad)load!).Tick(), this, _interval, _interval);
    }

    /// <summary>Measures these loops from now on, too.</summary>
    public void Watch(IEnumerable<ILoopTurns> loops)
    {
        lock (_gate) _loops = [.. _loops, .. loops.Select(loop => new LoopWatch(loop, _time))];
    }

    /// <inheritdoc/>
    public Load Read() => new(_memory(), TimeSpan.FromTicks(Interlocked.Exchange(ref _worst, 0)));

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            long late = (_time.GetElapsedTime(_last, now) - _interval).Ticks;
            _last = now;
            foreach (LoopWatch loop in _loops) late = Math.Max(late, loop.Look().Ticks);
            if (late > Volatile.Read(ref _worst)) Volatile.Write(ref _worst, late);
        }
    }
}

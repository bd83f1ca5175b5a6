using Broker.Core.Limits;

namespace Broker.Host;

/// <summary>The memory of the process, and how late its timers run: what they wait for, everything else waits for, too.</summary>
/// <remarks>Threading: the timer on the pool, the reader on another; one number lies between them.</remarks>
internal sealed class ProcessLoad : ILoadMeter, IDisposable
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time;
    private readonly Func<long> _memory;
    private readonly ITimer _timer;
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

    /// <inheritdoc/>
    public Load Read() => new(_memory(), TimeSpan.FromTicks(Interlocked.Exchange(ref _worst, 0)));

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        long now = _time.GetTimestamp();
        long late = (_time.GetElapsedTime(Interlocked.Exchange(ref _last, now), now) - _interval).Ticks;
        if (late > Volatile.Read(ref _worst)) Volatile.Write(ref _worst, late);
    }
}

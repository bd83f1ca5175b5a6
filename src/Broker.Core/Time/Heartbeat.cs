using Broker.Core.Telemetry;
using Microsoft.Extensions.Logging;

namespace Broker.Core.Time;

/// <summary>The one timer of the broker: it moves the clock and the wheel on, ten times a second.</summary>
/// <remarks>Threading: ticks never overlap; one that comes while another still runs is skipped, the next makes up for it.</remarks>
internal sealed class Heartbeat(TimeProvider time, BrokerClock clock, TimingWheel wheel, ILogger logger) : IDisposable
{
    /// <summary>The time between two ticks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(TimingWheel.TickMs);

    private ITimer? _timer;
    private int _ticking;

    /// <summary>Starts to tick.</summary>
    public void Start() => _timer = time.CreateTimer(static state => ((Heartbeat)state!).Tick(), this, Interval, Interval);

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    private void Tick()
    {
        if (Interlocked.Exchange(ref _ticking, 1) != 0) return;
        try
        {
            wheel.Advance(clock.Tick());
        }
#pragma warning disable CA1031 // an exception out of a timer ends the process
        catch (Exception fault)
#pragma warning restore CA1031
        {
            logger.TimerFailed(fault);
        }
        finally
        {
            Volatile.Write(ref _ticking, 0);
        }
    }
}

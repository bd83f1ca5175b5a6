namespace Broker.Core.Time;

/// <summary>
/// The broker's time: milliseconds since its start, monotonic, moved on by the heartbeat alone. Reading it costs one load.
/// </summary>
/// <remarks>
/// One tick never moves it by more than <see cref="LongestStep"/>. After a pause of the whole process (a stopped virtual
/// machine, a debugger) the peers' packets are waiting unread in the kernel: they get a moment to be read before anybody's
/// keep alive or session counts as over.
/// Threading: <see cref="Tick"/> by the heartbeat alone; <see cref="Now"/> from anywhere.
/// </remarks>
public sealed class BrokerClock(TimeProvider time)
{
    /// <summary>The most that one tick counts for.</summary>
    public static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(1);

    private long _lastTimestamp = time.GetTimestamp();
    private TimeSpan _elapsed;
    private long _now;
    private long _utcMilliseconds = time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Milliseconds since the broker's start, without pauses.</summary>
    public long Now => Volatile.Read(ref _now);

    /// <summary>The wall clock, for what people read.</summary>
    public DateTimeOffset UtcNow => time.GetUtcNow();

    /// <summary>The wall clock as of the last tick, in milliseconds since 1970: cheap enough to be noted with every message.</summary>
    public long UtcMilliseconds => Volatile.Read(ref _utcMilliseconds);

    /// <summary>Moves on to what the time provider says, and returns it.</summary>
    public long Tick()
    {
        long timestamp = time.GetTimestamp();
        TimeSpan step = time.GetElapsedTime(_lastTimestamp, timestamp);
        _lastTimestamp = timestamp;
        _elapsed += step < LongestStep ? step : LongestStep;
        long now = (long)_elapsed.TotalMilliseconds;
        Volatile.Write(ref _now, now);
        Volatile.Write(ref _utcMilliseconds, time.GetUtcNow().ToUnixTimeMilliseconds());
        return now;
    }
}

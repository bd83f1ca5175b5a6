namespace Broker.Core.Telemetry;

/// <summary>A rate per minute, smoothed over one, five and fifteen minutes, as the load of an operating system is.</summary>
/// <remarks>Threading: one caller at a time.</remarks>
internal sealed class LoadAverage
{
    private long _last;

    /// <summary>Per minute, over the last minute.</summary>
    public double OneMinute { get; private set; }

    /// <summary>Per minute, over the last five minutes.</summary>
    public double FiveMinutes { get; private set; }

    /// <summary>Per minute, over the last fifteen minutes.</summary>
    public double FifteenMinutes { get; private set; }

    /// <summary>Takes the next reading of a counter.</summary>
    /// <param name="total">The counter.</param>
    /// <param name="since">The time since the reading before.</param>
    public void Add(long total, TimeSpan since)
    {
        double perMinute = (total - _last) / since.TotalMinutes;
        _last = total;
        OneMinute = Smooth(OneMinute, perMinute, since, 1);
        FiveMinutes = Smooth(FiveMinutes, perMinute, since, 5);
        FifteenMinutes = Smooth(FifteenMinutes, perMinute, since, 15);
    }

    private static double Smooth(double average, double now, TimeSpan since, double minutes)
    {
        double weight = Math.Exp(-since.TotalMinutes / minutes);
        return (average * weight) + (now * (1 - weight));
    }
}

namespace Broker.LoadTests.Engine;

/// <summary>When the iterations of an open phase are to start, from the phase's start. Made before anything runs.</summary>
public static class ArrivalSchedule
{
    /// <summary>The arrivals of one phase.</summary>
    /// <param name="phase">An open phase.</param>
    /// <param name="before">Iterations per second at the end of the phase before, where a ramp begins.</param>
    /// <param name="spacing">How they lie.</param>
    /// <param name="random">For all but even spacing.</param>
    public static IEnumerable<TimeSpan> Of(LoadPhase phase, double before, ArrivalSpacing spacing, Random random) => phase switch
    {
        LoadPhase.Inject inject => Line(PerSecond(inject.Rate, inject.Interval), PerSecond(inject.Rate, inject.Interval), inject.During, inject.Interval, spacing, random),
        LoadPhase.RampingInject ramp => Line(before, PerSecond(ramp.Rate, ramp.Interval), ramp.During, ramp.Interval, spacing, random),
        LoadPhase.IterationsForInject some => Line(
            PerSecond(some.Rate, some.Interval), PerSecond(some.Rate, some.Interval), some.Interval * ((double)some.Iterations / some.Rate), some.Interval, spacing == ArrivalSpacing.Poisson ? ArrivalSpacing.Even : spacing, random),
        LoadPhase.InjectRandom varied => Varied(varied, spacing, random),
        _ => [],
    };

    /// <summary>Iterations per second at the phase's end.</summary>
    public static double RateAtEnd(LoadPhase phase) => phase switch
    {
        LoadPhase.Inject inject => PerSecond(inject.Rate, inject.Interval),
        LoadPhase.RampingInject ramp => PerSecond(ramp.Rate, ramp.Interval),
        LoadPhase.InjectRandom varied => PerSecond(varied.MaxRate, varied.Interval),
        LoadPhase.IterationsForInject some => PerSecond(some.Rate, some.Interval),
        _ => 0,
    };

    private static IEnumerable<TimeSpan> Varied(LoadPhase.InjectRandom phase, ArrivalSpacing spacing, Random random)
    {
        for (TimeSpan start = TimeSpan.Zero; start < phase.During; start += phase.Interval)
        {
            double rate = PerSecond(random.Next(phase.MinRate, phase.MaxRate + 1), phase.Interval);
            TimeSpan length = phase.During - start < phase.Interval ? phase.During - start : phase.Interval;
            foreach (TimeSpan arrival in Line(rate, rate, length, phase.Interval, spacing, random)) yield return start + arrival;
        }
    }

    /// <summary>A rate that goes from one value to another in a straight line: the k-th arrival is where the integral of the rate reaches k.</summary>
    private static IEnumerable<TimeSpan> Line(double from, double to, TimeSpan during, TimeSpan interval, ArrivalSpacing spacing, Random random)
    {
        double seconds = during.TotalSeconds;
        double all = (from + to) / 2 * seconds;
        long count = (long)Math.Round(all);
        if (spacing == ArrivalSpacing.Poisson)
        {
            for (double sum = Exponential(random); sum < all; sum += Exponential(random)) yield return At(sum);
        }
        else if (spacing == ArrivalSpacing.Uniform)
        {
            var inInterval = new List<double>();
            for (long k = 0; k < count;)
            {
                double start = Math.Floor(At(k).TotalSeconds / interval.TotalSeconds) * interval.TotalSeconds;
                double length = Math.Min(interval.TotalSeconds, seconds - start);
                for (inInterval.Clear(); k < count && At(k).TotalSeconds < start + interval.TotalSeconds - 1e-9; k++) inInterval.Add(start + random.NextDouble() * length);
                if (inInterval.Count == 0) inInterval.Add(At(k++).TotalSeconds);
                inInterval.Sort();
                foreach (double arrival in inInterval) yield return TimeSpan.FromSeconds(arrival);
            }
        }
        else
        {
            for (long k = 0; k < count; k++) yield return At(k);
        }

        TimeSpan At(double k)
        {
            double slope = (to - from) / seconds;
            double at = Math.Abs(slope) < 1e-9
                ? k / from
                : (Math.Sqrt(Math.Max(0, from * from + 2 * slope * k)) - from) / slope;
            return TimeSpan.FromSeconds(Math.Min(at, seconds));
        }
    }

    private static double Exponential(Random random) => -Math.Log(1 - random.NextDouble());

    private static double PerSecond(int rate, TimeSpan interval) => rate / interval.TotalSeconds;
}

using System.Diagnostics;

namespace Broker.Benchmarks;

/// <summary>Times something that is short, in this process.</summary>
internal static class Fastest
{
    private const int Repeats = 6; // the fastest counts: what disturbs only makes it slower

    /// <summary>Nanoseconds that an action takes.</summary>
    /// <param name="action">The action.</param>
    /// <param name="rounds">How many times it runs for one measurement.</param>
    public static double Of(Action action, int rounds)
    {
        double fastest = double.MaxValue;
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            long began = Stopwatch.GetTimestamp();
            for (int i = 0; i < rounds; i++) action();
            fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(began).TotalNanoseconds / rounds);
        }

        return fastest;
    }
}

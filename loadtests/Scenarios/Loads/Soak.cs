namespace Broker.LoadTests.Loads;

/// <summary>Whether a broker under steady load keeps its memory.</summary>
public static class Soak
{
    /// <summary>Growth from the second quarter of the run to the last that is still called steady: collections come when they come.</summary>
    public const double Tolerance = 0.2;

    private const int FewestSamples = 8;

    /// <summary>The share by which memory grew from the second quarter to the last, by medians; null with too few samples to say.</summary>
    public static double? Growth(IReadOnlyList<long> resident)
    {
        if (resident.Count < FewestSamples) return null;
        int quarter = resident.Count / 4;
        double early = Reports.Statistics.Median([.. resident.Skip(quarter).Take(quarter).Select(bytes => (double)bytes)]);
        double late = Reports.Statistics.Median([.. resident.Skip(resident.Count - quarter).Select(bytes => (double)bytes)]);
        return late / early - 1;
    }
}

namespace Broker.LoadTests.Reports;

/// <summary>Medians, and how sure they are.</summary>
public static class Statistics
{
    private const int Resamples = 2_000;
    private const double Tail = 0.025;

    public static double Median(IReadOnlyCollection<double> values)
    {
        if (values.Count == 0) return double.NaN;
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>The median with its 95 % interval by bootstrap; no interval below three values, since it would say nothing.</summary>
    public static Estimate Of(IReadOnlyList<double> values)
    {
        double median = Median(values);
        if (values.Count < 3) return new Estimate(median, null, null, values.Count);
        var random = new Random(values.Count); // the same data always give the same interval
        double[] medians = new double[Resamples];
        double[] sample = new double[values.Count];
        for (int i = 0; i < Resamples; i++)
        {
            for (int k = 0; k < sample.Length; k++) sample[k] = values[random.Next(values.Count)];
            medians[i] = Median(sample);
        }

        Array.Sort(medians);
        return new Estimate(median, medians[(int)(Resamples * Tail)], medians[(int)(Resamples * (1 - Tail)) - 1], values.Count);
    }
}

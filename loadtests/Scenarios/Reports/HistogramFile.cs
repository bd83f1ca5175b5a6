using Broker.LoadTests.Engine;

namespace Broker.LoadTests.Reports;

/// <summary>One .hgrm file: every percentile of some times, in milliseconds, as HdrHistogram's tools and plotters read it.</summary>
internal static class HistogramFile
{
    public static void Write(string folder, string name, LatencyHistogram times)
    {
        using StreamWriter file = File.CreateText(Path.Combine(folder, name + ".hgrm"));
        times.WritePercentiles(file);
    }
}

namespace Broker.LoadTests.Engine;

/// <summary>What a distribution of times looks like. Milliseconds; all zero where nothing was recorded.</summary>
public sealed record LatencySummary
{
    public static LatencySummary Empty { get; } = new();

    public long Count { get; init; }

    public double MinMs { get; init; }

    public double MeanMs { get; init; }

    public double StdDevMs { get; init; }

    public double P50Ms { get; init; }

    public double P75Ms { get; init; }

    public double P90Ms { get; init; }

    public double P95Ms { get; init; }

    public double P99Ms { get; init; }

    public double P999Ms { get; init; }

    public double P9999Ms { get; init; }

    public double MaxMs { get; init; }
}

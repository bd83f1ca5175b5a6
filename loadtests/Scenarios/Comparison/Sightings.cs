using Broker.LoadTests.Engine;

namespace Broker.LoadTests.Comparison;

/// <summary>What one consumer saw. Owner: the consumer; never two threads at once. The histogram is its point's, and shared.</summary>
public sealed class Sightings(LatencyHistogram awareness)
{
    public LatencyHistogram Awareness => awareness;

    /// <summary>Changes that it got themselves.</summary>
    public long Seen { get; set; }

    /// <summary>Changes that it learned of by a newer one.</summary>
    public long Superseded { get; set; }

    /// <summary>Changes that it never learned of.</summary>
    public long Missing { get; set; }

    /// <summary>The version that it had, again.</summary>
    public long Repeated { get; set; }

    /// <summary>A version older than the one that it had.</summary>
    public long Reordered { get; set; }

    public double StaleSeconds { get; set; }

    /// <summary>The age of the held version, integrated over the time.</summary>
    public double AgeSquareSeconds { get; set; }

    public double WatchedSeconds { get; set; }

    public PollSums Polls { get; } = new();
}

namespace Broker.LoadTests.Comparison;

/// <summary>How changes lie in time.</summary>
public enum Arrivals
{
    /// <summary>Independent of each other; the closed forms hold for these.</summary>
    Poisson,

    /// <summary>At equal distances, every topic with its own phase.</summary>
    Periodic,

    /// <summary>Five times the rate for a fifth of the time, in bursts of about a second.</summary>
    Bursty,
}

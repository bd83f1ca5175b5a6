namespace Broker.LoadTests.Engine;

/// <summary>How the iterations of an open phase lie within it.</summary>
public enum ArrivalSpacing
{
    /// <summary>At equal distances.</summary>
    Even,

    /// <summary>As independent users come: exponential gaps, so the number varies, too.</summary>
    Poisson,

    /// <summary>The exact number in each interval, at random places in it.</summary>
    Uniform,
}

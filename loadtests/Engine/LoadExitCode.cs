namespace Broker.LoadTests.Engine;

/// <summary>What the program ends with.</summary>
public enum LoadExitCode
{
    /// <summary>Measured, believed, and within every threshold.</summary>
    Success = 0,

    /// <summary>A threshold does not hold.</summary>
    ThresholdFailed = 1,

    /// <summary>The command line cannot be understood.</summary>
    Usage = 2,

    /// <summary>The measurement contradicts itself or the theory, or the generator was late: the numbers mean nothing.</summary>
    Invalid = 3,

    /// <summary>It could not be run: no broker, no port, interrupted.</summary>
    Failed = 4,
}

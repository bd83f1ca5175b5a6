namespace Broker.LoadTests.Engine;

/// <summary>What a threshold looks at, of one step.</summary>
public enum ThresholdMeasure
{
    /// <summary>Response time in milliseconds.</summary>
    Mean,

    P50,

    P95,

    P99,

    P999,

    Max,

    /// <summary>Executions that succeeded.</summary>
    Ok,

    /// <summary>Executions that did not.</summary>
    Failed,

    /// <summary>Share of executions that did not succeed, in percent.</summary>
    Errors,

    /// <summary>Executions per second.</summary>
    Rate,
}

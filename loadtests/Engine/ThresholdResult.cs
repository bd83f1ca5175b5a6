namespace Broker.LoadTests.Engine;

/// <summary>Whether a threshold holds.</summary>
/// <param name="Scenario">Whose.</param>
/// <param name="Threshold">Which.</param>
/// <param name="Value">What was measured; null where the step never ran, and then it does not hold.</param>
/// <param name="Holds">Whether it does.</param>
public sealed record ThresholdResult(string Scenario, Threshold Threshold, double? Value, bool Holds);

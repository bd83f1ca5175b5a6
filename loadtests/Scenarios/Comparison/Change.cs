namespace Broker.LoadTests.Comparison;

/// <summary>One change.</summary>
/// <param name="At">When it is meant to happen, from the run's start.</param>
/// <param name="Topic">Of which topic.</param>
/// <param name="Version">Which one it is, from 1.</param>
public readonly record struct Change(TimeSpan At, int Topic, int Version);

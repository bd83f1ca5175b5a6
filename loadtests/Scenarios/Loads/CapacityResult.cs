namespace Broker.LoadTests.Loads;

/// <summary>How much it takes.</summary>
/// <param name="Steps">All loads that were tried.</param>
/// <param name="Good">The highest that held; 0 if none did.</param>
/// <param name="Bad">The lowest that did not; infinity if all held.</param>
/// <param name="Reason">Why it did not.</param>
public sealed record CapacityResult(IReadOnlyList<CapacityStep> Steps, double Good, double Bad, string? Reason);

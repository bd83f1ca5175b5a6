namespace Broker.LoadTests.Engine;

/// <summary>One second of a scenario.</summary>
/// <param name="Second">Since the first phase began.</param>
/// <param name="Ok">Steps that succeeded.</param>
/// <param name="Failed">Steps that did not.</param>
/// <param name="P50Ms">Median response time.</param>
/// <param name="P99Ms">Of 99 %.</param>
/// <param name="MaxMs">The longest.</param>
/// <param name="LatenessMs">By how much the latest iteration started after its time.</param>
public sealed record TimelinePoint(int Second, long Ok, long Failed, double P50Ms, double P99Ms, double MaxMs, double LatenessMs);

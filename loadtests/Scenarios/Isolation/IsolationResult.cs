using Broker.LoadTests.Engine;

namespace Broker.LoadTests.Isolation;

/// <summary>One run.</summary>
/// <param name="Abuse">Who was abused.</param>
/// <param name="Response">The victim's latency, from the intended start.</param>
/// <param name="Ok">The victim's messages that were delivered.</param>
/// <param name="Failed">Those that were not.</param>
/// <param name="ConnectsPerSecond">How often the abuser connected.</param>
/// <param name="PublishedPerSecond">How much of its flood the network took.</param>
public sealed record IsolationResult(Abuse Abuse, LatencySummary Response, long Ok, long Failed, double ConnectsPerSecond, double PublishedPerSecond);

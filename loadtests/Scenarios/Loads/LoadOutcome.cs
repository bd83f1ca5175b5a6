using Broker.LoadTests.Engine;

namespace Broker.LoadTests.Loads;

/// <summary>What a load run came to.</summary>
/// <param name="Scenario">Which.</param>
/// <param name="Settings">How much.</param>
/// <param name="Report">Steps, thresholds and doubts.</param>
/// <param name="Notes">Findings beside the steps.</param>
public sealed record LoadOutcome(string Scenario, LoadSettings Settings, LoadReport Report, IReadOnlyList<string> Notes)
{
    /// <summary>Which broker.</summary>
    public string Broker { get; init; } = "";

    public int Seed { get; init; }

    public ArrivalSpacing Arrivals { get; init; }
}

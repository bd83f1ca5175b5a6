using Broker.LoadTests.Reports;

namespace Broker.LoadTests.Loads;

/// <summary>How much it takes.</summary>
/// <param name="Steps">All loads that were tried.</param>
/// <param name="Good">The highest that held; 0 if none did.</param>
/// <param name="Bad">The lowest that did not; infinity if all held.</param>
/// <param name="Reason">Why it did not.</param>
public sealed record CapacityResult(IReadOnlyList<CapacityStep> Steps, double Good, double Bad, string? Reason)
{
    /// <summary>Whether it was the generator that could not do more: the broker's knee is somewhere above.</summary>
    public bool IsOfGenerator => Steps.FirstOrDefault(step => step.Load == Bad) is { IsOfGenerator: true };

    /// <summary>The knee in words.</summary>
    public string Sentence
    {
        get
        {
            if (Steps.LastOrDefault(step => step.Load == Good) is not { } good)
                return $"Not even the usual load {(IsOfGenerator ? "can be made" : "holds")}: {Reason}";
            string holds = $"{Estimate.Number(good.PerSecond)} per second (× {Estimate.Number(Good)}) hold";
            if (Reason is null) return $"No knee up to × {Estimate.Number(Good)}: {holds}.";
            return IsOfGenerator
                ? $"No knee of the broker found: {holds}, and × {Estimate.Number(Bad)} is more than the generator makes here: {Reason}"
                : $"Knee: {holds}, × {Estimate.Number(Bad)} does not: {Reason}";
        }
    }
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace Broker.LoadTests.Engine;

/// <summary>A bound for one step, written as <c>deliver p99 &lt; 50</c>.</summary>
/// <param name="Step">The step's name.</param>
/// <param name="Measure">What is looked at; times in milliseconds, errors in percent.</param>
/// <param name="IsUpper">Whether the value must be below (else above) the limit.</param>
/// <param name="Inclusive">Whether it may be equal.</param>
/// <param name="Limit">The limit.</param>
public sealed partial record Threshold(string Step, ThresholdMeasure Measure, bool IsUpper, bool Inclusive, double Limit)
{
    private const string Form = "A threshold is written as '<step> <measure> <comparison> <number>', e.g. 'deliver p99 < 50' or 'publish errors <= 0.1'";

    /// <summary>Reads one.</summary>
    /// <exception cref="FormatException">It is none; the message says what one looks like.</exception>
    public static Threshold Parse(string text)
    {
        Match match = Pattern().Match(text);
        if (!match.Success) throw new FormatException($"{Form}; not '{text}'.");
        if (!Enum.TryParse(match.Groups["measure"].Value, ignoreCase: true, out ThresholdMeasure measure))
            throw new FormatException($"{Form}; '{match.Groups["measure"].Value}' is none of {string.Join(", ", Enum.GetNames<ThresholdMeasure>()).ToLowerInvariant()}.");
        string comparison = match.Groups["comparison"].Value;
        double limit = double.Parse(match.Groups["limit"].Value, CultureInfo.InvariantCulture);
        return new Threshold(match.Groups["step"].Value, measure, comparison[0] == '<', comparison.Length == 2, limit);
    }

    /// <summary>Holds a scenario's results against it. A step that never ran holds nothing.</summary>
    public ThresholdResult Check(ScenarioSummary scenario)
    {
        double? value = scenario.Step(Step) is { } step ? Value(step) : null;
        bool holds = value is { } known && (IsUpper ? known < Limit : known > Limit || (Inclusive && known == Limit)) || (Inclusive && value == Limit);
        return new ThresholdResult(scenario.Name, this, value, holds);
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Step} {Measure.ToString().ToLowerInvariant()} {(IsUpper ? '<' : '>')}{(Inclusive ? "=" : "")} {Limit:0.###}");

    private double Value(StepSummary step) => Measure switch
    {
        ThresholdMeasure.Mean => step.Response.MeanMs,
        ThresholdMeasure.P50 => step.Response.P50Ms,
        ThresholdMeasure.P95 => step.Response.P95Ms,
        ThresholdMeasure.P99 => step.Response.P99Ms,
        ThresholdMeasure.P999 => step.Response.P999Ms,
        ThresholdMeasure.Max => step.Response.MaxMs,
        ThresholdMeasure.Ok => step.Ok,
        ThresholdMeasure.Failed => step.Failed,
        ThresholdMeasure.Errors => step.Ok + step.Failed == 0 ? 0 : 100.0 * step.Failed / (step.Ok + step.Failed),
        ThresholdMeasure.Rate => step.PerSecond,
        _ => throw new InvalidOperationException($"Unknown measure {Measure}"),
    };

    [GeneratedRegex(@"^\s*(?<step>\S+)\s+(?<measure>[A-Za-z0-9]+)\s*(?<comparison><=|>=|<|>)\s*(?<limit>[0-9]+(\.[0-9]+)?)\s*(ms|%)?\s*$")]
    private static partial Regex Pattern();
}

using System.Globalization;

namespace Broker.LoadTests.Reports;

/// <summary>A median over rounds.</summary>
/// <param name="Value">The median; not a number where there is nothing.</param>
/// <param name="Low">Lower end of its 95 % interval; null with fewer than three rounds.</param>
/// <param name="High">Upper end.</param>
/// <param name="Count">Rounds.</param>
public readonly record struct Estimate(double Value, double? Low, double? High, int Count)
{
    public bool IsKnown => !double.IsNaN(Value);

    /// <summary>For example <c>1,234 [1,200-1,260]</c>.</summary>
    public override string ToString() => !IsKnown ? "–" : Low is { } low && High is { } high ? $"{Number(Value)} [{Number(low)}–{Number(high)}]" : Number(Value);

    /// <summary>Three digits that matter.</summary>
    public static string Number(double value) => Math.Abs(value) switch
    {
        double.NaN => "–",
        double.PositiveInfinity => "∞",
        0 => "0",
        >= 100 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.00", CultureInfo.InvariantCulture),
        >= 0.001 => value.ToString("0.000", CultureInfo.InvariantCulture),
        _ => value.ToString("0.0e0", CultureInfo.InvariantCulture),
    };
}

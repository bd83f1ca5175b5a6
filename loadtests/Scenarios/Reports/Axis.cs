using System.Globalization;

namespace Broker.LoadTests.Reports;

/// <summary>One axis of a chart.</summary>
/// <param name="Title">With its unit.</param>
/// <param name="Min">Where it begins.</param>
/// <param name="Max">Where it ends.</param>
/// <param name="IsLog">Whether equal distances are equal factors.</param>
public sealed record Axis(string Title, double Min, double Max, bool IsLog = false)
{
    private const int MostTicks = 6;

    /// <summary>An axis that holds these values.</summary>
    public static Axis Over(string title, IEnumerable<double> values, bool log = false, double? from = null, double? to = null)
    {
        double[] known = [.. values.Where(value => double.IsFinite(value) && (!log || value > 0))];
        double min = from ?? (known.Length == 0 ? (log ? 1 : 0) : known.Min());
        double max = to ?? (known.Length == 0 ? (log ? 10 : 1) : known.Max());
        if (log)
        {
            min = from ?? min / 1.3;
            max = to ?? max * 1.3;
            if (max <= min) max = min * 10;
        }
        else if (max <= min)
        {
            max = min + 1;
        }

        return new Axis(title, min, max, log);
    }

    /// <summary>Where a value lies, from 0 to 1.</summary>
    public double At(double value)
    {
        double at = IsLog
            ? (Math.Log(Math.Max(value, Min * 1e-3)) - Math.Log(Min)) / (Math.Log(Max) - Math.Log(Min))
            : (value - Min) / (Max - Min);
        return Math.Clamp(at, 0, 1);
    }

    /// <summary>Round values to label.</summary>
    public IReadOnlyList<double> Ticks()
    {
        if (IsLog)
        {
            double[] decades = [.. Enumerable.Range((int)Math.Floor(Math.Log10(Min)), 20).Select(power => Math.Pow(10, power)).Where(tick => tick >= Min * 0.999 && tick <= Max * 1.001)];
            if (decades.Length >= 3) return decades.Length <= MostTicks ? decades : [.. decades.Where((_, index) => index % 2 == 0)];
            return [.. Enumerable.Range((int)Math.Floor(Math.Log10(Min)), 8).SelectMany(power => new[] { 1.0, 2, 5 }.Select(digit => digit * Math.Pow(10, power))).Where(tick => tick >= Min * 0.999 && tick <= Max * 1.001)];
        }

        double raw = (Max - Min) / (MostTicks - 1);
        double power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        double step = new[] { 1.0, 2, 5, 10 }.Select(digit => digit * power).First(candidate => candidate >= raw * 0.999);
        return [.. Enumerable.Range(0, 50).Select(index => Math.Ceiling(Min / step) * step + index * step).Where(tick => tick <= Max + step * 1e-6)];
    }

    public static string Label(double value) => value switch
    {
        >= 1e6 => (value / 1e6).ToString("0.##", CultureInfo.InvariantCulture) + "M",
        >= 1e3 => (value / 1e3).ToString("0.##", CultureInfo.InvariantCulture) + "k",
        _ => value.ToString("0.####", CultureInfo.InvariantCulture),
    };
}

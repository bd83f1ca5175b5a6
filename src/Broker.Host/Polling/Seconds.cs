using System.Globalization;

namespace Broker.Host.Polling;

/// <summary>Times as HTTP callers write them: seconds, with a fraction if they like.</summary>
internal static class Seconds
{
    // What a wish may be at most; the configured bound lowers it further.
    private const double Most = 86_400;

    /// <summary>Reads a time that is not negative; more than a day counts as a day.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan time)
    {
        bool isNumber = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && double.IsFinite(seconds);
        time = isNumber ? TimeSpan.FromSeconds(Math.Min(seconds, Most)) : TimeSpan.Zero;
        return isNumber;
    }
}

using System.Globalization;
using System.Text;
using Broker.Core.Protocol;

namespace Broker.Core.ChangeDetection;

/// <summary>
/// What a SUBSCRIBE says about changes in its user properties: <c>deadband</c>, <c>pointer</c> (may repeat),
/// <c>min-interval</c>, <c>max-silence</c>. Other names are the client's own affair.
/// </summary>
internal static class SubscribeProperties
{
    private const int MostPointers = 16;
    private const double LongestSeconds = 31_536_000; // a year

    /// <summary>Reads the properties.</summary>
    /// <param name="block">The property block of the SUBSCRIBE, checked.</param>
    /// <param name="options">What they ask for.</param>
    /// <returns>Null, or what is wrong and what is allowed.</returns>
    public static string? TryRead(ReadOnlySpan<byte> block, out ChangeOptions options)
    {
        options = ChangeOptions.Exact;
        List<JsonPointer>? pointers = null;
        var reader = new PropertyReader(block);
        while (reader.TryReadNext(out PropertyId id, out ReadOnlySpan<byte> value, out _, out _))
        {
            if (id != PropertyId.UserProperty) continue;
            PropertyReader.SplitUserProperty(value, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> utf8);
            string text = Encoding.UTF8.GetString(utf8);
            switch (Encoding.UTF8.GetString(name))
            {
                case "deadband":
                    if (!Deadband.TryParse(text, out Deadband deadband)) return $"deadband has to be {Deadband.Allowed}";
                    options = options with { Deadband = deadband };
                    break;
                case "pointer":
                    if (!JsonPointer.TryParse(text, out JsonPointer pointer)) return $"pointer has to be {JsonPointer.Allowed}";
                    if (pointers?.Count >= MostPointers) return $"there may be {MostPointers} pointers";
                    (pointers ??= []).Add(pointer);
                    break;
                case "min-interval":
                    if (!TryReadSeconds(text, out TimeSpan interval)) return "min-interval has to be a number of seconds above 0";
                    options = options with { MinInterval = interval };
                    break;
                case "max-silence":
                    if (!TryReadSeconds(text, out TimeSpan silence)) return "max-silence has to be a number of seconds above 0";
                    options = options with { MaxSilence = silence };
                    break;
            }
        }

        if (pointers is not null) options = options with { Pointers = pointers };
        return null;
    }

    private static bool TryReadSeconds(string text, out TimeSpan time)
    {
        bool isNumber = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds is > 0 and <= LongestSeconds;
        time = isNumber ? TimeSpan.FromSeconds(seconds) : TimeSpan.Zero;
        return isNumber && time.TotalMilliseconds >= 1;
    }
}

using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Broker.Host.Polling;

/// <summary>The header <c>Prefer</c> (RFC 7240), of which <c>wait</c> is understood. What is not understood is no error.</summary>
internal static class Preferences
{
    /// <summary>The first <c>wait</c>; false if there is none.</summary>
    public static bool TryGetWait(StringValues prefer, out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        foreach (string? line in prefer)
        {
            foreach (Range range in line.AsSpan().Split(','))
            {
                ReadOnlySpan<char> preference = line.AsSpan()[range];
                int parameters = preference.IndexOf(';');
                if (parameters >= 0) preference = preference[..parameters];
                int equals = preference.IndexOf('=');
                if (equals < 0 || !preference[..equals].Trim().Equals("wait", StringComparison.OrdinalIgnoreCase)) continue;
                ReadOnlySpan<char> value = preference[(equals + 1)..].Trim().Trim('"');
                if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)) continue;
                wait = TimeSpan.FromSeconds(Math.Min(seconds, 86_400));
                return true;
            }
        }

        return false;
    }
}

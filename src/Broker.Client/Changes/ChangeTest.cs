using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;

namespace Broker.Client.Changes;

/// <summary>Decides whether one payload is a change against another, as the broker does it.</summary>
internal static class ChangeTest
{
    public static bool IsChange(ChangeCriteria criteria, ReadOnlySpan<byte> last, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) return true;
        if (criteria.Deadband is { } band) return !(TryNumber(last, out double from) && TryNumber(value, out double to)) || band.IsExceeded(from, to);
        return criteria.Pointers.Count > 0 ? Differs(criteria.Pointers, last, value) : !last.SequenceEqual(value);
    }

    /// <summary>What the criteria are in a SUBSCRIBE.</summary>
    public static List<KeyValuePair<string, string>> Properties(ChangeCriteria criteria)
    {
        List<KeyValuePair<string, string>> properties = [];
        if (criteria.Deadband is { } band) properties.Add(new("deadband", band.ToString()));
        foreach (string pointer in criteria.Pointers) properties.Add(new("pointer", pointer));
        if (criteria.MinInterval is { } interval) properties.Add(new("min-interval", Seconds(interval)));
        if (criteria.MaxSilence is { } silence) properties.Add(new("max-silence", Seconds(silence)));
        return properties;
    }

    private static string Seconds(TimeSpan span) => span.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);

    private static bool TryNumber(ReadOnlySpan<byte> text, out double number) =>
        Utf8Parser.TryParse(text, out number, out int used) && used == text.Length && double.IsFinite(number);

    private static bool Differs(IReadOnlyList<string> pointers, ReadOnlySpan<byte> last, ReadOnlySpan<byte> value)
    {
        try
        {
            var lastReader = new Utf8JsonReader(last);
            var valueReader = new Utf8JsonReader(value);
            JsonElement from = JsonElement.ParseValue(ref lastReader);
            JsonElement to = JsonElement.ParseValue(ref valueReader);
            foreach (string pointer in pointers)
            {
                JsonElement? a = Find(from, pointer);
                JsonElement? b = Find(to, pointer);
                if (a is null != b is null || (a is { } x && b is { } y && !JsonElement.DeepEquals(x, y))) return true;
            }

            return false;
        }
        catch (JsonException)
        {
            return true; // what cannot be compared counts as a change
        }
    }

    private static JsonElement? Find(JsonElement element, string pointer)
    {
        foreach (string token in pointer.Split('/').Skip(1))
        {
            string name = token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            switch (element.ValueKind)
            {
                case JsonValueKind.Object when element.TryGetProperty(name, out JsonElement member):
                    element = member;
                    break;
                case JsonValueKind.Array when int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < element.GetArrayLength():
                    element = element[index];
                    break;
                default:
                    return null;
            }
        }

        return element;
    }
}

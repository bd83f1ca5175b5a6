using System.Buffers;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;
using Broker.Core.Limits;

namespace Broker.Host.Configuration;

/// <summary>Turns the text of a setting into a value of its option's type, and says what that option allows.</summary>
internal static class SettingText
{
    // An enum's name has neither: numbers and lists of names are not what an operator means.
    private static readonly SearchValues<char> _notInNames = SearchValues.Create(",0123456789");

    /// <summary>Reads a value; false where the text is none of this type or outside the option's range.</summary>
    public static bool TryParse(PropertyInfo option, string text, out object? value)
    {
        Type type = TypeOf(option);
        CultureInfo invariant = CultureInfo.InvariantCulture;
        text = text.Trim();
        value = null;
        if (type == typeof(string)) value = text;
        else if (type == typeof(bool) && bool.TryParse(text, out bool flag)) value = flag;
        else if (type == typeof(int) && int.TryParse(text, NumberStyles.AllowLeadingSign, invariant, out int number)) value = number;
        else if (type == typeof(long) && long.TryParse(text, NumberStyles.AllowLeadingSign, invariant, out long large)) value = large;
        else if (type == typeof(TimeSpan) && TryParseTime(text, out TimeSpan time)) value = time;
        else if (type.IsEnum && !text.AsSpan().ContainsAny(_notInNames) && Enum.TryParse(type, text.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out object? name)) value = name;
        return value is not null && InRange(option, value);
    }

    /// <summary>What the option allows, for people: "a whole number from 1 to 65535".</summary>
    public static string Allowed(PropertyInfo option)
    {
        Type type = TypeOf(option);
        string range = option.GetCustomAttribute<RangeAttribute>() is { } bounds
            ? string.Create(CultureInfo.InvariantCulture, $" from {bounds.Minimum} to {bounds.Maximum}")
            : option.GetCustomAttribute<DurationRangeAttribute>() is { } times ? $" from {times.Minimum} to {times.Maximum}" : "";
        if (type == typeof(bool)) return "true or false";
        if (type == typeof(int) || type == typeof(long)) return $"a whole number{range}";
        if (type == typeof(TimeSpan)) return $"a time span{range}, written [days.]hours:minutes:seconds";
        return type.IsEnum ? string.Join(", ", Enum.GetNames(type).Select(Kebab)) : "text";
    }

    /// <summary>Whether the text would be a time span to .NET but surely was not meant as one: "30" is thirty days.</summary>
    public static bool IsBareNumberForTime(PropertyInfo option, string text) =>
        TypeOf(option) == typeof(TimeSpan) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static Type TypeOf(PropertyInfo option) => Nullable.GetUnderlyingType(option.PropertyType) ?? option.PropertyType;

    // A lone number would be days; only zero means the same in every unit.
    private static bool TryParseTime(string text, out TimeSpan time) =>
        TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out time) && (text.Contains(':') || time == TimeSpan.Zero);

    private static bool InRange(PropertyInfo option, object value)
    {
        if (option.GetCustomAttribute<DurationRangeAttribute>() is { } times) return times.IsValid(value);
        return option.GetCustomAttribute<RangeAttribute>()?.IsValid(value) ?? true;
    }

    // DropNewest -> drop-newest
    private static string Kebab(string name)
    {
        var text = new StringBuilder(name.Length + 2);
        foreach (char letter in name)
        {
            if (char.IsUpper(letter) && text.Length > 0) text.Append('-');
            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }
}

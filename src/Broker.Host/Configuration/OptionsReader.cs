using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace Broker.Host.Configuration;

/// <summary>
/// Fills option records from <see cref="Settings"/> and collects every fault on the way: unknown keys, values that cannot be
/// read, values out of range.
/// </summary>
/// <remarks>
/// The ordinary binder stops at its first fault, and its source-generated form leaves init-only properties alone. The types
/// are annotated for trimming, so this works in native code too.
/// </remarks>
internal sealed class OptionsReader(Settings settings, List<ConfigurationFault> faults)
{
    private readonly List<string> _known = [];

    /// <summary>
    /// Sets the properties of a new record, which nobody else has seen yet, from the keys below <paramref name="path"/>.
    /// </summary>
    /// <param name="target">The record with its defaults.</param>
    /// <param name="path">Its section, e.g. <c>Broker:Limits</c>.</param>
    /// <param name="sections">Names below it that are sections of their own; they are read by themselves.</param>
    public T Fill<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(T target, string path, params string[] sections)
        where T : class
    {
        ExpectSection(path);
        PropertyInfo[] options = [.. typeof(T).GetProperties().Where(property => property.CanWrite && !sections.Contains(property.Name) && IsText(property.PropertyType))];
        _known.AddRange(options.Select(option => $"{path}:{option.Name}"));
        string[] names = [.. sections, .. options.Select(option => option.Name)];
        foreach (string child in settings.Children(path))
        {
            if (sections.Contains(child, StringComparer.OrdinalIgnoreCase)) continue;
            PropertyInfo? option = Array.Find(options, option => option.Name.Equals(child, StringComparison.OrdinalIgnoreCase));
            if (option is null) Unknown($"{path}:{child}", names);
            else if (option.PropertyType == typeof(IReadOnlyList<string>)) option.SetValue(target, ReadList($"{path}:{option.Name}"));
            else ReadValue(target, option, $"{path}:{option.Name}");
        }

        return target;
    }

    /// <summary>A value on a key that only has keys below it is a fault.</summary>
    public void ExpectSection(string path)
    {
        if (!settings.TryGet(path, out Setting setting) || string.IsNullOrEmpty(setting.Value)) return;
        faults.Add(new(path, setting.Origin, $"'{setting.Value}' was given, but this is a section: set the keys below it"));
    }

    // Anything else is made of several settings, and read by itself.
    private static bool IsText(Type type) => type.IsValueType || type == typeof(string) || type == typeof(IReadOnlyList<string>);

    private void ReadValue(object target, PropertyInfo option, string key)
    {
        if (settings.IsSection(key))
        {
            faults.Add(new(key, settings.OriginOf(key), $"has keys below it, but is a single value: {SettingText.Allowed(option)}"));
            return;
        }

        if (!settings.TryGet(key, out Setting setting) || setting.Value is null) return;
        if (SettingText.TryParse(option, setting.Value, out object? value))
        {
            option.SetValue(target, value);
            return;
        }

        string hint = SettingText.IsBareNumberForTime(option, setting.Value) ? $" (seconds would be 00:00:{setting.Value.PadLeft(2, '0')})" : "";
        faults.Add(new(key, setting.Origin, $"'{setting.Value}' is not allowed; allowed is {SettingText.Allowed(option)}{hint}"));
    }

    // One value with commas does as well as numbered keys: it is what people write into an environment variable.
    private string[] ReadList(string key)
    {
        string? own = settings.TryGet(key, out Setting setting) ? setting.Value : null;
        IEnumerable<string?> texts = settings.IsSection(key)
            ? settings.Children(key).Select(name => settings.TryGet($"{key}:{name}", out Setting item) ? item.Value : null)
            : (own ?? "").Split(',');
        return [.. texts.Select(text => (text ?? "").Trim()).Where(text => text.Length > 0)];
    }

    private void Unknown(string key, string[] names)
    {
        string parent = key[..key.LastIndexOf(':')];
        string leaf = key[(parent.Length + 1)..];
        string? nearest = Spelling.Nearest(leaf, names);
        string? elsewhere = _known.Find(known => known.EndsWith(":" + leaf, StringComparison.OrdinalIgnoreCase));
        string meant = nearest is not null ? $"; did you mean {parent}:{nearest}?"
            : elsewhere is not null ? $"; did you mean {elsewhere}?"
            : $"; allowed here: {string.Join(", ", names)}";
        faults.Add(new(key, settings.OriginOf(key), $"is not a key{meant}"));
    }
}

using Microsoft.Extensions.Configuration;

namespace Broker.Host.Configuration;

/// <summary>
/// All layers of configuration laid over each other as .NET does it (later ones win, key by key, case does not matter), with
/// the origin of every value kept for messages.
/// </summary>
internal sealed class Settings
{
    private readonly Dictionary<string, Setting> _values = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Every key that has a value.</summary>
    public IEnumerable<string> Keys => _values.Keys;

    /// <summary>Sets a value over whatever an earlier layer said.</summary>
    public void Set(string key, Setting setting) => _values[key] = setting;

    /// <summary>The value of exactly this key.</summary>
    public bool TryGet(string key, out Setting setting) => _values.TryGetValue(key, out setting);

    /// <summary>Whether this key has something below it.</summary>
    public bool IsSection(string path) => Children(path).Count > 0;

    /// <summary>The names directly below a key, in the order in which they first appeared.</summary>
    public IReadOnlyList<string> Children(string path)
    {
        var names = new List<string>();
        foreach (string key in _values.Keys)
        {
            if (key.Length <= path.Length || key[path.Length] != ':' || !key.StartsWith(path, StringComparison.OrdinalIgnoreCase)) continue;
            int end = key.IndexOf(':', path.Length + 1);
            string name = end < 0 ? key[(path.Length + 1)..] : key[(path.Length + 1)..end];
            if (!names.Contains(name, StringComparer.OrdinalIgnoreCase)) names.Add(name);
        }

        return names;
    }

    /// <summary>Where a key, or the first thing below it, was written.</summary>
    public string? OriginOf(string path)
    {
        if (_values.TryGetValue(path, out Setting setting)) return setting.Origin;
        foreach ((string key, Setting below) in _values)
        {
            if (key.StartsWith(path + ":", StringComparison.OrdinalIgnoreCase) && below.Origin is not null) return below.Origin;
        }

        return null;
    }

    /// <summary>The same values for libraries that read <see cref="IConfiguration"/>: logging and telemetry.</summary>
    public IConfigurationRoot ToConfiguration() =>
        new ConfigurationBuilder().AddInMemoryCollection(_values.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Value))).Build();
}

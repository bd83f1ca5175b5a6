using System.Collections;

namespace Broker.Host.Configuration;

/// <summary>Reads environment variables as .NET configuration has them: two underscores stand for the colon.</summary>
internal static class EnvironmentSettings
{
    /// <summary>Lays the variables over <paramref name="settings"/>.</summary>
    public static void Read(IDictionary environment, Settings settings, List<ConfigurationFault> faults)
    {
        var names = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry variable in environment)
        {
            string name = $"{variable.Key}";
            string key = name.Replace("__", ":", StringComparison.Ordinal);

            // A variable that is just called BROKER is somebody else's: nothing of ours is written so.
            if (key.Equals("Broker", StringComparison.OrdinalIgnoreCase)) continue;
            if (!names.TryAdd(key, name) && OtherSections.IsBrokerKey(key))
            {
                faults.Add(new(key, $"environment variable {name}", $"is set twice: also as {names[key]}"));
            }

            settings.Set(key, new Setting($"{variable.Value}", $"environment variable {name}"));
        }
    }
}

using Microsoft.Extensions.Logging;

namespace Broker.Host.Configuration;

/// <summary>What is looked at outside <c>Broker</c>: the log levels, and sections that were probably meant to be it.</summary>
internal static class OtherSections
{
    private static readonly string[] _brokerSections = ["Endpoints", "Limits", "Auth", "Acl", "Audit", "Tcp", "Reload", "ChangeOnly", "Storage", "SysInterval"];

    /// <summary>Whether a key lies under <c>Broker</c>.</summary>
    public static bool IsBrokerKey(string key) => key.StartsWith("Broker:", StringComparison.OrdinalIgnoreCase);

    /// <summary>Adds the faults found.</summary>
    public static void Check(Settings settings, List<ConfigurationFault> faults)
    {
        foreach (string key in settings.Keys)
        {
            string[] parts = key.Split(':');
            settings.TryGet(key, out Setting setting);
            if (IsLogLevel(parts) && !IsLevel(setting.Value))
            {
                faults.Add(new(key, setting.Origin, $"'{setting.Value}' is not allowed; allowed is {string.Join(", ", Enum.GetNames<LogLevel>())}"));
            }
            else if (IsMisspeltBroker(parts) || IsLostSection(parts, setting))
            {
                string meant = IsMisspeltBroker(parts) ? string.Join(':', ["Broker", .. parts[1..]]) : $"Broker:{key}";
                faults.Add(new(key, setting.Origin, $"is not a key; did you mean {meant}?"));
            }
        }
    }

    private static bool IsLogLevel(string[] parts) =>
        parts.Length >= 3 && parts[0].Equals("Logging", StringComparison.OrdinalIgnoreCase)
        && parts[^2].Equals("LogLevel", StringComparison.OrdinalIgnoreCase);

    private static bool IsLevel(string? text) => string.IsNullOrEmpty(text) || Enum.TryParse<LogLevel>(text, ignoreCase: true, out _);

    // Other programs' variables are none of our business, so both halves must look like ours.
    private static bool IsMisspeltBroker(string[] parts) =>
        parts.Length >= 2 && !parts[0].Equals("Broker", StringComparison.OrdinalIgnoreCase)
        && Spelling.Distance(parts[0].ToUpperInvariant(), "BROKER") <= 2
        && Spelling.Nearest(parts[1], _brokerSections) is not null;

    // "Endpoints" at the root of appsettings.json instead of inside "Broker".
    private static bool IsLostSection(string[] parts, Setting setting) =>
        parts.Length >= 2 && setting.Origin?.StartsWith("environment", StringComparison.Ordinal) == false
        && _brokerSections.Contains(parts[0], StringComparer.OrdinalIgnoreCase);
}

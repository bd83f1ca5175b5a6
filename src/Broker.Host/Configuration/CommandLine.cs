namespace Broker.Host.Configuration;

/// <summary>The arguments taken apart: what to do, and the settings among them.</summary>
/// <param name="Verb">What to do.</param>
/// <param name="Settings">The settings in the order given.</param>
/// <param name="HealthUrl">Whom to ask, for <see cref="Verb.Health"/>.</param>
/// <param name="Faults">Arguments that mean nothing.</param>
internal sealed record CommandLine(
    Verb Verb, IReadOnlyList<(string Key, Setting Setting)> Settings, string? HealthUrl, IReadOnlyList<ConfigurationFault> Faults)
{
    private static readonly string[] _options = ["--help", "--version", "--check", "--health"];

    /// <summary>
    /// Takes the arguments apart: <c>--Key value</c>, <c>--Key=value</c>, and both also with a slash or (with =) with nothing
    /// in front, as .NET has it.
    /// </summary>
    public static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        var verb = Verb.Run;
        string? healthUrl = null;
        var settings = new List<(string, Setting)>();
        var faults = new List<ConfigurationFault>();
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            string? next = i + 1 < arguments.Count ? arguments[i + 1] : null;
            switch (argument)
            {
                case "--help" or "-h" or "-?":
                    verb = Verb.Help;
                    continue;
                case "--version":
                    verb = Verb.Version;
                    continue;
                case "--check":
                    verb = Verb.Check;
                    continue;
                case "--health":
                    verb = Verb.Health;
                    healthUrl = next;
                    if (next is null) faults.Add(new(argument, null, "needs a url, e.g. --health http://127.0.0.1:8080/healthz"));
                    i++;
                    continue;
            }

            if (ReadSetting(argument, next, faults, out bool tookNext) is { } setting) settings.Add(setting);
            if (tookNext) i++;
        }

        return new CommandLine(verb, settings, healthUrl, faults);
    }

    private static (string Key, Setting Setting)? ReadSetting(string argument, string? next, List<ConfigurationFault> faults, out bool tookNext)
    {
        tookNext = false;
        int prefix = argument.StartsWith("--", StringComparison.Ordinal) ? 2 : argument.StartsWith('/') ? 1 : 0;
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        string key = argument[prefix..(equals < 0 ? argument.Length : equals)];
        bool isSetting = (prefix > 0 || equals > 0) && IsKnownRoot(key);
        if (!isSetting)
        {
            faults.Add(new(argument, "argument", $"is not understood; {Meant(argument)}"));
            tookNext = prefix > 0 && equals < 0 && next is not null && !next.StartsWith('-');
            return null;
        }

        string origin = $"argument --{key}";
        if (equals >= 0) return (key, new Setting(argument[(equals + 1)..], origin));
        if (next is null || next.StartsWith("--", StringComparison.Ordinal))
        {
            faults.Add(new(key, origin, $"has no value; write --{key} <value>"));
            return null;
        }

        tookNext = true;
        return (key, new Setting(next, origin));
    }

    // Settings that nobody reads would be lost in silence.
    private static bool IsKnownRoot(string key) =>
        OtherSections.IsBrokerKey(key) || key.StartsWith("Logging:", StringComparison.OrdinalIgnoreCase)
        || key.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase);

    private static string Meant(string argument)
    {
        string bare = argument.TrimStart('-', '/').Split('=')[0];
        if (bare.Equals("urls", StringComparison.OrdinalIgnoreCase)) return "did you mean --Broker:Endpoints:Http:Url?";
        if (Spelling.Nearest(argument, _options) is { } option) return $"did you mean {option}?";
        string[] parts = bare.Split(':');
        if (parts.Length == 1) return "see --help";
        string meant = Spelling.Nearest(parts[0], ["Broker", "Logging"]) is { } root ? string.Join(':', [root, .. parts[1..]]) : $"Broker:{bare}";
        return $"settings begin with Broker: or Logging:; did you mean --{meant}?";
    }
}

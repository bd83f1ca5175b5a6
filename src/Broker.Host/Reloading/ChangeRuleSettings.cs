using System.Globalization;
using Broker.Core;
using Broker.Host.Configuration;

namespace Broker.Host.Reloading;

/// <summary>The change-only rules: new ones hold at once, for topics and subscribers that are there as well.</summary>
internal sealed class ChangeRuleSettings(HostConfiguration started, MqttBroker broker) : IReloadable
{
    private const string Section = "Broker:ChangeOnly:";
    private volatile HostConfiguration _current = started;

    /// <inheritdoc/>
    public string Name => "change-only rules";

    /// <inheritdoc/>
    public IReadOnlyList<string> Files => [];

    /// <inheritdoc/>
    public ReloadPlan Prepare(HostConfiguration next)
    {
        string[] changed =
        [
            .. SettingDifference.Between(_current, next, key => key.StartsWith(Section, StringComparison.OrdinalIgnoreCase), StringComparer.Ordinal) // counters have the name as it is written
                .Select(NameOf).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase),
        ];
        if (changed.Length == 0) return ReloadPlan.Unchanged;
        string count = next.Options.Broker.ChangeRules.Count.ToString(CultureInfo.InvariantCulture);
        return ReloadPlan.Change($"{string.Join(", ", changed)} ({count} rules now)", () =>
        {
            broker.Use(next.Options.Broker.ChangeRules);
            _current = next;
        });
    }

    // Broker:ChangeOnly:Rules:NAME:OPTION
    private static string NameOf(string key) => key.Split(':')[3];
}

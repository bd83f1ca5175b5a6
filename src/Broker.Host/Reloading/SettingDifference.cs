using Broker.Host.Configuration;
using Microsoft.Extensions.Configuration;

namespace Broker.Host.Reloading;

/// <summary>Which settings of two configurations are not the same.</summary>
internal static class SettingDifference
{
    /// <summary>The settings that have a value, of those that are meant.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="isMeant">Says of a key whether it is meant, e.g. of <c>Broker:Limits:Connections</c>.</param>
    /// <param name="comparer">How keys are compared; null: as configuration does, in whatever letters.</param>
    public static Dictionary<string, string?> Values(HostConfiguration configuration, Func<string, bool> isMeant, StringComparer? comparer = null) =>
        configuration.Root.AsEnumerable()
            .Where(pair => pair.Value is not null && isMeant(pair.Key))
            .ToDictionary(pair => pair.Key, pair => pair.Value, comparer ?? StringComparer.OrdinalIgnoreCase);

    /// <summary>The keys that only one of them has, or that have another value.</summary>
    public static IEnumerable<string> Between(Dictionary<string, string?> before, Dictionary<string, string?> after) =>
        before.Keys.Union(after.Keys, before.Comparer).Where(key => before.GetValueOrDefault(key) != after.GetValueOrDefault(key));

    /// <summary>The same of two configurations, for the keys that are meant.</summary>
    public static IEnumerable<string> Between(HostConfiguration before, HostConfiguration after, Func<string, bool> isMeant, StringComparer? comparer = null) =>
        Between(Values(before, isMeant, comparer), Values(after, isMeant, comparer));
}

using Broker.Host.Configuration;
using Microsoft.Extensions.Configuration;

namespace Broker.Host.Reloading;

/// <summary>What is read once, at the start: nothing of it changes while the broker runs, and the log says so.</summary>
internal sealed class StartSettings(HostConfiguration started) : IReloadable
{
    // Everything else under Broker has a part of its own that looks at it.
    private readonly string[] _elsewhere =
    [
        "Broker:Endpoints:", "Broker:Auth:", "Broker:Limits:", "Broker:Tenants:", "Broker:ChangeOnly:", .. started.AccessRules is null ? (string[])[] : ["Broker:Acl:"],
    ];

    /// <inheritdoc/>
    public string Name => "settings";

    /// <inheritdoc/>
    public IReadOnlyList<string> Files => [];

    /// <inheritdoc/>
    public ReloadPlan Prepare(HostConfiguration next)
    {
        Dictionary<string, string?> before = Values(started);
        Dictionary<string, string?> after = Values(next);
        string[] keys = [.. before.Keys.Union(after.Keys, StringComparer.OrdinalIgnoreCase).Where(key => before.GetValueOrDefault(key) != after.GetValueOrDefault(key))];
        return new ReloadPlan { AtNextStart = keys };
    }

    private Dictionary<string, string?> Values(HostConfiguration configuration) =>
        configuration.Root.AsEnumerable()
            .Where(pair => pair.Value is not null && OtherSections.IsBrokerKey(pair.Key) && !_elsewhere.Any(part => pair.Key.StartsWith(part, StringComparison.OrdinalIgnoreCase)))
            .ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.OrdinalIgnoreCase);
}

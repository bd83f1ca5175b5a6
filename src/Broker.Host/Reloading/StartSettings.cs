using Broker.Host.Configuration;

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
        string[] keys = [.. SettingDifference.Between(started, next, IsMeant)];
        return new ReloadPlan { AtNextStart = keys };
    }

    private bool IsMeant(string key) => OtherSections.IsBrokerKey(key) && !_elsewhere.Any(part => key.StartsWith(part, StringComparison.OrdinalIgnoreCase));
}

using Broker.Core;
using Broker.Core.Limits;
using Broker.Host.Configuration;
using Broker.Host.Security;

namespace Broker.Host.Reloading;

/// <summary>The limits: of the broker, and of clients, principals, addresses, endpoints and tenants.</summary>
internal sealed class LimitSettings(HostConfiguration started, MqttBroker broker, LimitCeiling ceiling, Authentication authentication) : IReloadable
{
    private const string Limits = "Broker:Limits:";
    private const string Tenants = "Broker:Tenants:";
    private const string Endpoints = "Broker:Endpoints:";

    // What is made from these is made once: the queue for hashing, the gate of handshakes, the reader of tokens.
    private static readonly string[] _atStart = [nameof(BrokerLimits.WaitingLogins), nameof(BrokerLimits.TlsHandshakes), nameof(BrokerLimits.TokenBytes)];

    private readonly HostConfiguration _started = started;
    private volatile HostConfiguration _current = started;

    /// <inheritdoc/>
    public string Name => "limits";

    /// <inheritdoc/>
    public IReadOnlyList<string> Files => [];

    /// <inheritdoc/>
    public ReloadPlan Prepare(HostConfiguration next)
    {
        string[] changed = [.. SettingDifference.Between(_current, next, Owns).Where(key => !IsAtStart(key))];
        return new ReloadPlan
        {
            AtNextStart = [.. SettingDifference.Between(_started, next, Owns).Where(IsAtStart)],
            Summary = changed.Length == 0 ? null : string.Join(", ", changed),
            Apply = changed.Length == 0 ? null : () =>
            {
                broker.Use(ceiling.Of(next.Options.Broker.Limits), next.Options.Broker.Budgets);
                authentication.Use(next.Options.Broker.Limits);
                _current = next;
            },
        };
    }

    /// <summary>Whether a key is a limit's: this part says what becomes of it.</summary>
    public static bool Owns(string key) =>
        key.StartsWith(Limits, StringComparison.OrdinalIgnoreCase) || key.StartsWith(Tenants, StringComparison.OrdinalIgnoreCase) || IsBelow(key, Endpoints);

    private static bool IsBelow(string key, string section) =>
        key.StartsWith(section, StringComparison.OrdinalIgnoreCase) && key.Contains($":{BudgetReader.Limits}:", StringComparison.OrdinalIgnoreCase);

    // Who is in a tenant decides what sessions and topics mean; that does not change under those who are connected.
    private bool IsAtStart(string key) =>
        _atStart.Any(name => key.Equals(Limits + name, StringComparison.OrdinalIgnoreCase))
        || (key.StartsWith(Tenants, StringComparison.OrdinalIgnoreCase) && !(IsBelow(key, Tenants) && IsKnown(key.Split(':')[2])));

    private bool IsKnown(string tenant) => _started.Options.Broker.Budgets.Tenants.Any(one => one.Name == tenant);
}

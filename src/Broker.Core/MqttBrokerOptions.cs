using Broker.Core.ChangeDetection;
using Broker.Core.Limits;
using Broker.Core.Storage;

namespace Broker.Core;

/// <summary>What the broker itself is told at its start; endpoints and certificates are the host's.</summary>
public sealed record MqttBrokerOptions
{
    /// <summary>Every bound that a client can run into.</summary>
    public BrokerLimits Limits { get; init; } = new();

    /// <summary>What each client, principal, address, endpoint and tenant may use of it.</summary>
    public BudgetOptions Budgets { get; init; } = new();

    /// <summary>Which topics are change-only for all subscribers.</summary>
    public IReadOnlyList<ChangeRule> ChangeRules { get; init; } = [];

    /// <summary>What acknowledgements promise, where <see cref="BrokerParts.Store"/> keeps anything.</summary>
    public StorePolicy Store { get; init; } = new();

    /// <summary>How often <c>$SYS/broker/...</c> is brought up to date; zero turns it off.</summary>
    [DurationRange("00:00:00", "1.00:00:00")]
    public TimeSpan SysInterval { get; init; } = TimeSpan.FromSeconds(10);
}

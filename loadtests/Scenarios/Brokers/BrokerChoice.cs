namespace Broker.LoadTests.Brokers;

/// <summary>Which broker a run is made against.</summary>
public sealed record BrokerChoice
{
    /// <summary>This repository's broker.</summary>
    public const string Own = "broker";

    /// <summary>Eclipse Mosquitto, as the system's package installs it.</summary>
    public const string Mosquitto = "mosquitto";

    /// <summary><see cref="Own"/>, <see cref="Mosquitto"/>, or a command line with <c>{port}</c> where its MQTT port goes.</summary>
    public string Broker { get; init; } = Own;

    /// <summary>A broker that runs already; nothing is started then.</summary>
    public Uri? Mqtt { get; init; }

    /// <summary>Its HTTP endpoint, where it has one.</summary>
    public Uri? Http { get; init; }

    /// <summary>Its process on this machine, for what it uses.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Another executable of this repository's broker than the one built with this program, e.g. native code.</summary>
    public string? Executable { get; init; }

    /// <summary>More arguments for this repository's broker.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Whether the broker is known to deliver <c>$changes/</c> and to answer polls over HTTP.</summary>
    public bool IsOwn => Mqtt is null ? Broker == Own : Http is not null;

    public string Name => Mqtt is { } target ? target.ToString() : Broker == Own ? "this broker" : Broker;
}

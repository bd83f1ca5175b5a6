using Broker.Host.Configuration;

namespace Broker.Host.Reloading;

/// <summary>What a part of the process would do with a new configuration: nothing, one swap, or why it cannot.</summary>
internal sealed record ReloadPlan
{
    /// <summary>There is nothing to change.</summary>
    public static ReloadPlan Unchanged { get; } = new();

    /// <summary>Why the new settings or files cannot be used; one fault anywhere keeps everything as it is.</summary>
    public IReadOnlyList<ConfigurationFault> Faults { get; init; } = [];

    /// <summary>Puts into effect what was prepared. It cannot fail, and does not wait for anything. Null: nothing changes.</summary>
    public Action? Apply { get; init; }

    /// <summary>Gives up what was prepared, where another part keeps everything as it is. Null: there is nothing to give up.</summary>
    public Action? Discard { get; init; }

    /// <summary>What changes, for the log: e.g. <c>120 rules instead of 118</c>.</summary>
    public string? Summary { get; init; }

    /// <summary>Keys that say something new which only takes effect at the next start.</summary>
    public IReadOnlyList<string> AtNextStart { get; init; } = [];

    /// <summary>The new settings cannot be used.</summary>
    public static ReloadPlan Refuse(IReadOnlyList<ConfigurationFault> faults) => new() { Faults = faults };

    /// <summary>The new settings can be used.</summary>
    public static ReloadPlan Change(string summary, Action apply) => new() { Summary = summary, Apply = apply };
}

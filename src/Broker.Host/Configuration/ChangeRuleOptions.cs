using Broker.Core.Limits;

namespace Broker.Host.Configuration;

/// <summary>One rule that makes topics change-only: <c>Broker:ChangeOnly:Rules:&lt;Name&gt;</c>.</summary>
internal sealed record ChangeRuleOptions
{
    /// <summary>The topics, as a topic filter.</summary>
    public string Filter { get; init; } = "";

    /// <summary>How two values are compared; not set, the other keys tell.</summary>
    public ComparisonKind? Compare { get; init; }

    /// <summary>How far a number has to move: <c>0.5</c>, or <c>2%</c> of the value that was sent last.</summary>
    public string Deadband { get; init; } = "";

    /// <summary>The places of a JSON payload that count, as JSON pointers; one, or several.</summary>
    public IReadOnlyList<string> Pointer { get; init; } = [];

    /// <summary>Whether the values outlive the process, where there is a store.</summary>
    public bool Store { get; init; }

    /// <summary>After this time an unchanged value goes out again; zero: never.</summary>
    [DurationRange("00:00:00", "365.00:00:00")]
    public TimeSpan MaxSilence { get; init; }

    /// <summary>At most one message for a topic in this time; zero: no limit.</summary>
    [DurationRange("00:00:00", "365.00:00:00")]
    public TimeSpan MinInterval { get; init; }
}

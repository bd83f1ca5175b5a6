using System.Text.Json.Serialization;

namespace Broker.LoadTests.Engine;

/// <summary>The results of one step.</summary>
public sealed record StepSummary
{
    public required string Name { get; init; }

    public long Ok { get; init; }

    public long Failed { get; init; }

    public long Bytes { get; init; }

    /// <summary>Executions per second of the time that really passed.</summary>
    public double PerSecond { get; init; }

    public IReadOnlyDictionary<string, long> StatusCodes { get; init; } = new Dictionary<string, long>();

    public string FirstFailure { get; init; } = "";

    /// <summary>From the intended start; in a closed phase there is none, and it is the service time.</summary>
    public LatencySummary Response { get; init; } = LatencySummary.Empty;

    public LatencySummary Service { get; init; } = LatencySummary.Empty;

    /// <summary>All of <see cref="Response"/>; null where the host keeps its times to itself.</summary>
    [JsonIgnore]
    public LatencyHistogram? ResponseTimes { get; init; }

    /// <summary>All of <see cref="Service"/>.</summary>
    [JsonIgnore]
    public LatencyHistogram? ServiceTimes { get; init; }
}

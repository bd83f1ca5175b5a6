using Broker.LoadTests.Engine;
using Broker.LoadTests.Wire;

namespace Broker.LoadTests.Comparison;

/// <summary>One mode on one workload, once.</summary>
public sealed record RunResult
{
    public required string Mode { get; init; }

    public required string Workload { get; init; }

    public int Round { get; init; }

    public int Seed { get; init; }

    public int Topics { get; init; }

    public int TopicsPerConsumer { get; init; }

    public int Consumers { get; init; }

    public int FanOut { get; init; }

    public int PayloadBytes { get; init; }

    public double WindowSeconds { get; init; }

    public required IReadOnlyList<CellResult> Cells { get; init; }

    /// <summary>All points together.</summary>
    public required CellResult All { get; init; }

    /// <summary>Points of the awareness distribution: milliseconds and share.</summary>
    public IReadOnlyList<double[]> AwarenessCurve { get; init; } = [];

    /// <summary>What the devices moved; the same in every mode but polling over MQTT, where they answer.</summary>
    public WireBytes Devices { get; init; }

    /// <summary>Of the broker in the window; null where it cannot be seen.</summary>
    public double? ServerCpuSeconds { get; init; }

    /// <summary>Of the broker with everybody connected and nothing to do, a second.</summary>
    public double? IdleCpuPerSecond { get; init; }

    public long? ServerBytes { get; init; }

    /// <summary>How much the broker's memory grew by the consumers.</summary>
    public long? ServerBytesOfConsumers { get; init; }

    public double GeneratorCpuSeconds { get; init; }

    public LatencySummary PublishLateness { get; init; } = LatencySummary.Empty;

    public LatencySummary PollLateness { get; init; } = LatencySummary.Empty;

    public IReadOnlyDictionary<string, long> Errors { get; init; } = new Dictionary<string, long>();

    /// <summary>What contradicts the theory or itself; such a run is not believed.</summary>
    public IReadOnlyList<string> Contradictions { get; init; } = [];

    /// <summary>Whether the generator was late, so that times mean little; counts and bytes still do.</summary>
    public bool IsLate { get; init; }

    public IReadOnlyList<TimelinePoint> Timeline { get; init; } = [];

    public bool IsValid => Contradictions.Count == 0 && !IsLate;

    /// <summary>Server CPU, idling and taking the changes in included, in microseconds a second and consumer.</summary>
    public double? CpuMicrosPerConsumerSecond => ServerCpuSeconds is { } cpu && All.ConsumerSeconds > 0 ? cpu * 1e6 / All.ConsumerSeconds : null;

    /// <summary>The same for each change that a consumer got itself.</summary>
    public double? CpuMicrosPerSeen => ServerCpuSeconds is { } cpu && All.Seen > 0 ? cpu * 1e6 / All.Seen : null;

    public double BytesPerSeen => All.Seen > 0 ? (double)All.Wire.Bytes / All.Seen : 0;
}

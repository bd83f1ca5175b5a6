using Broker.LoadTests.Engine;
using Broker.LoadTests.Wire;

namespace Broker.LoadTests.Comparison;

/// <summary>One mode on one workload, once.</summary>
public sealed record RunResult
{
    private const double FullShare = 0.9;

    public required string Mode { get; init; }

    public required string Workload { get; init; }

    public int Round { get; init; }

    public int Seed { get; init; }

    public int Topics { get; init; }

    public int TopicsPerConsumer { get; init; }

    public int Consumers { get; init; }

    public int FanOut { get; init; }

    public int PayloadBytes { get; init; }

    /// <summary>How changes come: at random, at equal distances, or in bursts.</summary>
    public Arrivals Arrivals { get; init; }

    /// <summary>Connections that changes come from.</summary>
    public int Producers { get; init; }

    public double WarmUpSeconds { get; init; }

    public double WindowSeconds { get; init; }

    public required IReadOnlyList<CellResult> Cells { get; init; }

    /// <summary>All points together.</summary>
    public required CellResult All { get; init; }

    /// <summary>Points of the awareness distribution: milliseconds and share.</summary>
    public IReadOnlyList<double[]> AwarenessCurve { get; init; } = [];

    /// <summary>All times to awareness, as <see cref="LatencyHistogram.Encode"/> writes them; empty in files of an older program.</summary>
    public string AwarenessTimes { get; init; } = "";

    /// <summary>What the devices moved; the same in every mode but polling over MQTT, where they answer.</summary>
    public WireBytes Devices { get; init; }

    /// <summary>Of the broker in the window; null where it cannot be seen.</summary>
    public double? ServerCpuSeconds { get; init; }

    /// <summary>Of the broker with everybody connected and nothing to do, a second.</summary>
    public double? IdleCpuPerSecond { get; init; }

    public long? ServerBytes { get; init; }

    /// <summary>How much the broker's memory grew from before the consumers came to the window's start: the code that it compiled meanwhile is in it, so that few consumers say little about each.</summary>
    public long? ServerBytesOfConsumers { get; init; }

    public double GeneratorCpuSeconds { get; init; }

    public LatencySummary PublishLateness { get; init; } = LatencySummary.Empty;

    public LatencySummary PollLateness { get; init; } = LatencySummary.Empty;

    /// <summary>Times at which a poll was due and the answer to an earlier one was still awaited.</summary>
    public long SkippedPolls { get; init; }

    /// <summary>Processors that the broker could use; 0 where nobody knows.</summary>
    public int BrokerProcessors { get; init; }

    /// <summary>Processors that the generator could use.</summary>
    public int GeneratorProcessors { get; init; }

    public IReadOnlyDictionary<string, long> Errors { get; init; } = new Dictionary<string, long>();

    /// <summary>What contradicts the theory or itself; such a run is not believed.</summary>
    public IReadOnlyList<string> Contradictions { get; init; } = [];

    /// <summary>Whether the generator was late, so that times mean little; counts and bytes still do.</summary>
    public bool IsLate { get; init; }

    public IReadOnlyList<TimelinePoint> Timeline { get; init; } = [];

    /// <summary>Whether broker or generator used nearly all that they had: times are then those of a system at its limit.</summary>
    public bool IsFull => Used(ServerCpuSeconds, BrokerProcessors) > FullShare || Used(GeneratorCpuSeconds, GeneratorProcessors) > FullShare;

    public bool IsValid => Contradictions.Count == 0 && !IsLate;

    /// <summary>Server CPU, idling and taking the changes in included, in microseconds a second and consumer.</summary>
    public double? CpuMicrosPerConsumerSecond => ServerCpuSeconds is { } cpu && All.ConsumerSeconds > 0 ? cpu * 1e6 / All.ConsumerSeconds : null;

    /// <summary>The same for each change that a consumer got itself.</summary>
    public double? CpuMicrosPerSeen => ServerCpuSeconds is { } cpu && All.Seen > 0 ? cpu * 1e6 / All.Seen : null;

    public double BytesPerSeen => All.Seen > 0 ? (double)All.Wire.Bytes / All.Seen : 0;

    private double Used(double? seconds, int processors) => seconds is { } used && processors > 0 && WindowSeconds > 0 ? used / WindowSeconds / processors : 0;
}

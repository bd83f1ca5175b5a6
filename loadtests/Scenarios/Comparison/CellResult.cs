using Broker.LoadTests.Engine;
using Broker.LoadTests.Wire;

namespace Broker.LoadTests.Comparison;

/// <summary>What the consumers of one point saw and moved in the measured window of one run.</summary>
public sealed record CellResult
{
    public Cell Cell { get; init; }

    public int Consumers { get; init; }

    /// <summary>Consumers times seconds.</summary>
    public double ConsumerSeconds { get; init; }

    /// <summary>Changes that were due to them, each consumer's own.</summary>
    public long Changes { get; init; }

    public long Seen { get; init; }

    public long Superseded { get; init; }

    public long Missing { get; init; }

    public long Repeated { get; init; }

    public long Reordered { get; init; }

    public long Requests { get; init; }

    public long Useless { get; init; }

    public long Connections { get; init; }

    public WireBytes Wire { get; init; }

    public LatencySummary Awareness { get; init; } = LatencySummary.Empty;

    public double StaleShare { get; init; }

    public double MeanAgeSeconds { get; init; }

    public PollSums Polls { get; init; } = new();

    public double BytesPerConsumerSecond => ConsumerSeconds > 0 ? Wire.Bytes / ConsumerSeconds : 0;

    public double SupersededShare => Changes > 0 ? (double)Superseded / Changes : 0;

    public double UselessShare => Requests > 0 ? (double)Useless / Requests : 0;
}

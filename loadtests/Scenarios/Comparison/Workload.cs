using System.Globalization;

namespace Broker.LoadTests.Comparison;

/// <summary>What changes, who follows it, and for how long: the same for every mode.</summary>
public sealed record Workload
{
    public required string Name { get; init; }

    /// <summary>Changes per second of each topic.</summary>
    public required IReadOnlyList<double> TopicRates { get; init; }

    public required IReadOnlyList<ConsumerPlan> Consumers { get; init; }

    /// <summary>The points that its consumers belong to.</summary>
    public required IReadOnlyList<Cell> Cells { get; init; }

    /// <summary>How many neighbouring topics a consumer follows.</summary>
    public int TopicsPerConsumer { get; init; } = 1;

    public int PayloadBytes { get; init; } = 16;

    /// <summary>Connections that changes come from.</summary>
    public int Producers { get; init; } = 4;

    public Arrivals Arrivals { get; init; } = Arrivals.Poisson;

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(0.5);

    public TimeSpan Measured { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the broker is watched with everybody connected and nothing to do.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(0.3);

    /// <summary>Requests or messages before anything is measured, so that the broker's code is compiled.</summary>
    public int Rehearsals { get; init; } = 300;

    /// <summary>After the rehearsals, until the broker's compiler has caught up.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(0.3);

    /// <summary>The changes' first to last.</summary>
    public TimeSpan Span => WarmUp + Measured;

    /// <summary>How many consumers follow the busiest topic.</summary>
    public int FanOut => Consumers.Max(consumer => Consumers.Count(other => other.FirstTopic == consumer.FirstTopic));

    public string Topic(int topic) => string.Create(CultureInfo.InvariantCulture, $"lab/g{topic / TopicsPerConsumer:D4}/k{topic:D5}");

    /// <summary>Matches exactly what a consumer follows.</summary>
    public string Filter(ConsumerPlan consumer) =>
        TopicsPerConsumer == 1 ? Topic(consumer.FirstTopic) : string.Create(CultureInfo.InvariantCulture, $"lab/g{consumer.FirstTopic / TopicsPerConsumer:D4}/+");

    /// <summary>Everybody the same: consumers spread evenly over the topics (or over their groups).</summary>
    public static Workload Even(string name, int topics, double rate, int consumers, double interval, int topicsPerConsumer = 1)
    {
        int groups = topics / topicsPerConsumer;
        return new Workload
        {
            Name = name,
            TopicRates = [.. Enumerable.Repeat(rate, topics)],
            Cells = [new Cell(rate, interval)],
            Consumers = [.. Enumerable.Range(0, consumers).Select(index => new ConsumerPlan(0, TimeSpan.FromSeconds(interval), index % groups * topicsPerConsumer))],
            TopicsPerConsumer = topicsPerConsumer,
        };
    }

    /// <summary>A whole plane in one run: every consumer has a topic of its own, and its own rate and interval. What connections move adds up, so they do not disturb each other.</summary>
    public static Workload Grid(string name, IReadOnlyList<double> rates, IReadOnlyList<double> intervals, int perCell)
    {
        Cell[] cells = [.. rates.SelectMany(rate => intervals.Select(interval => new Cell(rate, interval)))];
        return new Workload
        {
            Name = name,
            Cells = cells,
            TopicRates = [.. cells.SelectMany(cell => Enumerable.Repeat(cell.ChangesPerSecond, perCell))],
            Consumers = [.. Enumerable.Range(0, cells.Length * perCell).Select(index => new ConsumerPlan(index / perCell, TimeSpan.FromSeconds(cells[index / perCell].IntervalSeconds), index))],
        };
    }
}

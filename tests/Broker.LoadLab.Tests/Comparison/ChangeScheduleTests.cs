using System.Text;
using Broker.LoadTests.Comparison;

namespace Broker.LoadLab.Tests.Comparison;

public sealed class ChangeScheduleTests
{
    private static readonly Workload _workload = Workload.Even("test", topics: 20, rate: 10, consumers: 40, interval: 1) with { WarmUp = TimeSpan.FromSeconds(10), Measured = TimeSpan.FromSeconds(90) };

    [Fact]
    public void The_same_seed_makes_the_same_changes_and_another_one_others()
    {
        Assert.Equal(new ChangeSchedule(_workload, 3).All, new ChangeSchedule(_workload, 3).All);
        Assert.NotEqual(new ChangeSchedule(_workload, 3).All, new ChangeSchedule(_workload, 4).All);
    }

    [Theory]
    [InlineData(Arrivals.Poisson)]
    [InlineData(Arrivals.Periodic)]
    [InlineData(Arrivals.Bursty)]
    public void Topics_change_at_their_rate(Arrivals arrivals)
    {
        var schedule = new ChangeSchedule(_workload with { Arrivals = arrivals }, 5);

        Assert.InRange(schedule.All.Count, 17_000, 23_000);
        Assert.True(schedule.All.Zip(schedule.All.Skip(1)).All(pair => pair.First.At <= pair.Second.At));
        Assert.All(schedule.All, change => Assert.Equal(change.At, schedule.At(change.Topic, change.Version)));
    }

    [Fact]
    public void Bursts_are_more_uneven_than_chance()
    {
        Assert.True(Dispersion(Arrivals.Bursty) > 3);
        Assert.InRange(Dispersion(Arrivals.Poisson), 0.7, 1.4);
        Assert.True(Dispersion(Arrivals.Periodic) < 0.3);
    }

    [Theory]
    [InlineData(0, 16)]
    [InlineData(1234567, 256)]
    [InlineData(int.MaxValue, 4096)]
    public void A_payload_has_its_size_and_says_its_version(int version, int bytes)
    {
        byte[] payload = ChangeSchedule.Payload(version, bytes);

        Assert.Equal(bytes, payload.Length);
        Assert.Equal(version, ChangeSchedule.Version(payload));
    }

    [Theory]
    [InlineData("123")]
    [InlineData("abcdefghij......")]
    public void What_is_no_payload_is_refused(string text) => Assert.Throws<FormatException>(() => ChangeSchedule.Version(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void A_grid_has_every_combination_and_every_consumer_a_topic_of_its_own()
    {
        Workload grid = Workload.Grid("grid", [1, 10], [0.1, 1, 5], perCell: 4);

        Assert.Equal(6, grid.Cells.Count);
        Assert.Equal(24, grid.Consumers.Select(consumer => consumer.FirstTopic).Distinct().Count());
        Assert.Equal(1, grid.FanOut);
        Assert.All(grid.Consumers, consumer => Assert.Equal(grid.Cells[consumer.Cell].ChangesPerSecond, grid.TopicRates[consumer.FirstTopic]));
        Assert.All(grid.Consumers, consumer => Assert.Equal(grid.Cells[consumer.Cell].IntervalSeconds, consumer.Interval.TotalSeconds));
    }

    [Fact]
    public void Consumers_of_several_topics_follow_a_group_that_one_filter_matches()
    {
        Workload workload = Workload.Even("test", topics: 20, rate: 1, consumers: 8, interval: 1, topicsPerConsumer: 5);

        Assert.Equal([0, 5, 10, 15, 0, 5, 10, 15], workload.Consumers.Select(consumer => consumer.FirstTopic));
        Assert.Equal("lab/g0001/+", workload.Filter(workload.Consumers[1]));
        Assert.All(Enumerable.Range(5, 5), topic => Assert.StartsWith("lab/g0001/", workload.Topic(topic), StringComparison.Ordinal));
        Assert.Equal(2, workload.FanOut);
    }

    private static double Dispersion(Arrivals arrivals)
    {
        var schedule = new ChangeSchedule(_workload with { Arrivals = arrivals }, 5);
        int[] seconds = [.. Enumerable.Range(0, 100).Select(second => schedule.Count(0, TimeSpan.FromSeconds(second), TimeSpan.FromSeconds(second + 1)))];
        double mean = seconds.Average();
        return seconds.Sum(count => (count - mean) * (count - mean)) / (seconds.Length - 1) / mean;
    }
}

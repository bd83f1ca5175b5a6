using Broker.LoadTests.Comparison;
using Broker.LoadTests.Engine;

namespace Broker.LoadLab.Tests.Comparison;

public sealed class OracleTests
{
    private static readonly Workload _workload = Workload.Even("test", topics: 100, rate: 1, consumers: 100, interval: 1);
    private static readonly CellResult _good = new() { Changes = 100, Seen = 100, Awareness = new LatencySummary { Count = 100, MinMs = 0.1 } };

    [Theory]
    [InlineData(0.2)]
    [InlineData(1)]
    [InlineData(5)]
    public void Polls_that_chance_made_are_believed(double changesPerPoll)
    {
        CellResult cell = Simulated(changesPerPoll, lost: 0);

        Assert.Empty(Contradictions(Mode.PollHttp, cell));
    }

    [Fact]
    public void Polls_that_miss_every_fourth_change_are_not_believed()
    {
        CellResult cell = Simulated(1, lost: 0.25);

        string contradiction = Assert.Single(Contradictions(Mode.PollHttp, cell), text => text.StartsWith("useless", StringComparison.Ordinal));
        Assert.Contains("theory says 0.368", contradiction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_late_generator_is_not_held_against_the_theory()
    {
        CellResult cell = Simulated(1, lost: 0.25);

        Assert.Empty(Oracle.Contradictions(Mode.PollHttp, _workload, [cell], _good, isLate: true));
    }

    [Fact]
    public void Consumers_of_the_same_topic_do_not_count_as_independent()
    {
        PollSums polls = Simulated(1, lost: 0).Polls;

        Assert.Equal(2, Oracle.Useless(polls, fanOut: 4)!.Value.Deviation / Oracle.Useless(polls, fanOut: 1)!.Value.Deviation, 1e-9);
    }

    [Fact]
    public void Too_few_polls_say_nothing()
    {
        var polls = new PollSums();
        for (int i = 0; i < 20; i++) polls.Add(1, 0);

        Assert.Null(Oracle.Useless(polls, fanOut: 1));
        Assert.Null(Oracle.Superseded(polls, fanOut: 1));
    }

    [Fact]
    public void Lost_doubled_and_reordered_changes_contradict_every_mode()
    {
        Assert.Contains("never learned", Assert.Single(Contradictions(Mode.PushQos0, _good with { Seen = 99, Missing = 1 })), StringComparison.Ordinal);
        Assert.Contains("twice", Assert.Single(Contradictions(Mode.PushQos0, _good with { Repeated = 1 })), StringComparison.Ordinal);
        Assert.Contains("after a newer one", Assert.Single(Contradictions(Mode.PushQos1, _good with { Reordered = 1 })), StringComparison.Ordinal);
        Assert.Contains("before it happened", Assert.Single(Contradictions(Mode.PushQos0, _good with { Awareness = new LatencySummary { Count = 1 } })), StringComparison.Ordinal);
        Assert.Contains("accounted for", Assert.Single(Contradictions(Mode.PushQos0, _good with { Seen = 98 })), StringComparison.Ordinal);
    }

    [Fact]
    public void Push_may_leave_changes_out_only_where_it_says_so()
    {
        CellResult conflated = _good with { Seen = 90, Superseded = 10 };

        Assert.Contains("left out", Assert.Single(Contradictions(Mode.PushQos1, conflated)), StringComparison.Ordinal);
        Assert.Empty(Contradictions(Mode.PushConflated, conflated));
    }

    private static IReadOnlyList<string> Contradictions(Mode mode, CellResult cell) => Oracle.Contradictions(mode, _workload, [cell], cell, isLate: false);

    private static CellResult Simulated(double changesPerPoll, double lost)
    {
        var random = new Random(7);
        var polls = new PollSums();
        double next = 0;
        for (int poll = 1; poll <= 5_000; poll++)
        {
            int found = 0;
            for (; next < poll * changesPerPoll; next += -Math.Log(1 - random.NextDouble())) found += random.NextDouble() < lost ? 0 : 1;
            polls.Add(changesPerPoll, found);
        }

        return _good with { Cell = new Cell(changesPerPoll, 1), Polls = polls };
    }
}

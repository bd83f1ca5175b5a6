using Broker.LoadLab.Tests.Reports;
using Broker.LoadTests.Brokers;
using Broker.LoadTests.Comparison;
using Broker.LoadTests.Engine;
using Broker.LoadTests.NBomber;
using Broker.LoadTests.Reports;

namespace Broker.LoadLab.Tests.Comparison;

/// <summary>
/// A small comparison against the real broker. What is asked is whether the numbers are true (nothing lost, doubled or reordered; polls as theory
/// has them), never whether they are good: a slow machine passes, too.
/// </summary>
public sealed class SmokeComparisonTests
{
    private static readonly Workload _modes = Workload.Even("modes", topics: 8, rate: 10, consumers: 16, interval: 0.1) with
    {
        WarmUp = TimeSpan.FromSeconds(0.2),
        Measured = TimeSpan.FromSeconds(1),
        Idle = TimeSpan.FromSeconds(0.1),
        Settle = TimeSpan.Zero,
        Rehearsals = 32,
    };

    private static readonly Workload _map = Workload.Grid("map", [4, 80], [0.1, 0.4], perCell: 6) with
    {
        WarmUp = TimeSpan.FromSeconds(0.2),
        Measured = TimeSpan.FromSeconds(2.5),
        Idle = TimeSpan.Zero,
        Rehearsals = 32,
    };

    public static TheoryData<string> Modes => [.. Mode.All.Select(mode => mode.Id)];

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_mode_tells_every_change_or_a_newer_one_and_keeps_to_theory(string id)
    {
        var mode = Mode.Of(id);

        RunResult run = await RunAsync(mode, _modes);

        Assert.Empty(run.Contradictions);
        Assert.Empty(run.Errors);
        Assert.Equal(run.All.Changes, run.All.Seen + run.All.Superseded);
        Assert.True(run.All.Changes > 50);
        if (!mode.MayConflate && mode != Mode.PushChanges && mode != Mode.LongPoll) Assert.Equal(0, run.All.Superseded);
        Assert.Equal(mode.IsPush, run.All.Requests == 0);
        Assert.True(run.All.Wire.Bytes > 0);
        if (mode == Mode.PollHttpClose) Assert.InRange(run.All.Connections, run.All.Requests - run.Consumers, run.All.Requests + run.Consumers);
        if (mode == Mode.PollHttp) Assert.Equal(0, run.All.Connections);
        if (OperatingSystem.IsLinux()) Assert.True(run.ServerCpuSeconds > 0 && run.All.Wire.Segments > 0 && run.ServerBytes > 1_000_000);
    }

    [Fact]
    public async Task Requests_and_answers_have_the_same_size_every_time()
    {
        RunResult run = await RunAsync(Mode.PollHttp, _modes);

        double out_ = (double)run.All.Wire.BytesOut / run.All.Requests;
        double in_ = (double)run.All.Wire.BytesIn / run.All.Requests;
        double first = "GET /topics/lab/g0000/k00000 HTTP/1.1\r\nHost: 127.0.0.1:12345\r\n\r\n".Length;
        // A request may be counted on one side of the window and its answer on the other, once a consumer.
        double edge = (double)run.Consumers / run.All.Requests;
        Assert.InRange(out_, first * (1 - edge) - 2, first * (1 + edge) + 2);
        Assert.InRange(in_, 200 * (1 - edge), 600 * (1 + edge));
    }

    [Fact]
    public async Task A_poller_learns_of_a_change_after_half_the_interval_on_average()
    {
        const double Slow = 0.1; // seconds that a slow machine may take for what takes less than a millisecond on another
        RunResult run = await RunAsync(Mode.PollHttpEtag, _modes);

        double interval = run.All.Cell.IntervalSeconds;
        double chance = 5 * interval / Math.Sqrt(12) * Math.Sqrt((double)run.FanOut / run.All.Changes);
        Assert.InRange(run.All.Awareness.MeanMs / 1000, interval / 2 - chance, interval / 2 + chance + Slow + run.PollLateness.MeanMs / 1000);
        Assert.InRange(run.All.StaleShare, ClosedForms.SupersededShare(run.All.Cell.ChangesPerPoll) * 0.5, 1);
    }

    [Fact]
    public async Task The_map_has_points_for_both_and_a_line_between_them()
    {
        RunResult push = await RunAsync(Mode.PushQos0, _map);
        RunResult poll = await RunAsync(Mode.PollHttpEtag, _map);

        Assert.Empty(push.Contradictions);
        Assert.Empty(poll.Contradictions);
        BreakEvenMap map = BreakEvenMap.Of(ReportSamples.Of(push, poll))!;
        Assert.Equal(4, map.Points.Count);
        Assert.True(map.Points.Single(point => point.Cell == new Cell(4, 0.1)).PushIsCheaper);
        Assert.False(map.Points.Single(point => point.Cell == new Cell(80, 0.4)).PushIsCheaper);
        Assert.InRange(map.MessageBytes, 30, 45);
        Assert.InRange(map.BreakEven(0.4), 4, 80);
    }

    [Fact]
    public async Task The_same_comparison_runs_through_the_NBomber_adapter()
    {
        using var scheduler = new PreciseScheduler();
        await using BrokerUnderTest broker = await BrokerUnderTest.StartAsync(new BrokerChoice(), null, TestContext.Current.CancellationToken);

        RunResult run = await new ComparisonRun(Mode.PushQos0, _modes, 5, broker, scheduler).RunAsync(new NBomberHost(scheduler, null), 0, TestContext.Current.CancellationToken);

        Assert.Empty(run.Contradictions);
        Assert.Equal(run.All.Changes, run.All.Seen);
    }

    [Fact]
    public async Task A_broker_without_polling_is_put_to_the_modes_of_plain_MQTT_alone()
    {
        if (!File.Exists("/usr/sbin/mosquitto"))
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", "mosquitto is not installed");
            Assert.Skip("mosquitto is not installed");
        }

        using var scheduler = new PreciseScheduler();
        var comparer = new Comparer(new BrokerChoice { Broker = BrokerChoice.Mosquitto }, null, new BuiltInHost(scheduler), scheduler, seed: 5);

        IReadOnlyList<RunResult> runs = await comparer.RunAsync([new Section(Section.Everyone, [_modes], Mode.All, 1)], 0, null, TestContext.Current.CancellationToken);

        Assert.Equal(["poll-mqtt", "push-q0", "push-q1"], runs.Select(run => run.Mode).Order(StringComparer.Ordinal));
        Assert.All(runs, run => Assert.Empty(run.Contradictions));
    }

    private static async Task<RunResult> RunAsync(Mode mode, Workload workload)
    {
        using var scheduler = new PreciseScheduler();
        return await new Comparer(new BrokerChoice(), null, new BuiltInHost(scheduler), scheduler, seed: 5).OnceAsync(mode, workload, 0, TestContext.Current.CancellationToken);
    }
}

using Broker.LoadTests.Brokers;
using Broker.LoadTests.Engine;
using Broker.LoadTests.Loads;

namespace Broker.LoadLab.Tests.Loads;

/// <summary>Every load scenario, small, against the real broker: whether it does what it says, not how fast.</summary>
public sealed class LoadScenarioTests
{
    private static readonly LoadSettings _small = new() { Load = 0.05, Duration = TimeSpan.FromSeconds(0.6), WarmUp = TimeSpan.Zero };

    public static TheoryData<string> Scenarios => [.. LoadCatalog.All.Select(load => load.Name)];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task A_scenario_runs_without_an_error(string name)
    {
        LoadOutcome outcome = await RunAsync(LoadCatalog.Of(name), _small, []);

        ScenarioSummary scenario = Assert.Single(outcome.Report.Scenarios);
        Assert.NotEmpty(scenario.Steps);
        Assert.All(scenario.Steps, step => Assert.Equal((0, ""), (step.Failed, step.FirstFailure)));
        Assert.True(scenario.Started > 0);
        Assert.Equal((0, 0), (scenario.Stragglers, scenario.Rejected));
        Assert.NotEmpty(outcome.Report.Thresholds);
    }

    [Fact]
    public async Task The_same_scenarios_run_against_another_broker()
    {
        if (!File.Exists("/usr/sbin/mosquitto"))
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", "mosquitto is not installed");
            Assert.Skip("mosquitto is not installed");
        }

        foreach (LoadDefinition load in LoadCatalog.All.Where(load => !load.NeedsOwnBroker))
        {
            LoadOutcome outcome = await RunAsync(load, _small, [], BrokerChoice.Mosquitto);

            Assert.All(Assert.Single(outcome.Report.Scenarios).Steps, step => Assert.Equal((0, ""), (step.Failed, step.FirstFailure)));
            Assert.Equal(BrokerChoice.Mosquitto, outcome.Broker);
        }
    }

    [Fact]
    public async Task A_threshold_that_does_not_hold_is_told_by_the_exit_code()
    {
        LoadOutcome outcome = await RunAsync(LoadCatalog.Of("fan-in"), _small, [Threshold.Parse("deliver p99 < 0.001")]);

        Assert.NotEqual(LoadExitCode.Success, outcome.Report.ExitCode);
        Assert.False(Assert.Single(outcome.Report.Thresholds).Holds);
    }

    [Fact]
    public async Task What_only_this_broker_has_is_not_asked_of_another()
    {
        using var scheduler = new PreciseScheduler();
        var runner = new LoadRunner(new BrokerChoice { Broker = BrokerChoice.Mosquitto }, null, new BuiltInHost(scheduler), 1);

        await Assert.ThrowsAsync<FormatException>(() => runner.RunAsync(LoadCatalog.Of("change-ratio"), _small, [], null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_broker_that_cannot_be_started_is_named()
    {
        BrokerStartException missing = await Assert.ThrowsAsync<BrokerStartException>(() => BrokerUnderTest.StartAsync(new BrokerChoice { Executable = "/nowhere/Broker.Host" }, null, TestContext.Current.CancellationToken));
        BrokerStartException unknown = await Assert.ThrowsAsync<BrokerStartException>(() => BrokerUnderTest.StartAsync(new BrokerChoice { Broker = "rabbit" }, null, TestContext.Current.CancellationToken));

        Assert.Contains("/nowhere/Broker.Host", missing.Message, StringComparison.Ordinal);
        Assert.Contains("rabbit", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_processors_are_read_from_what_the_system_allows()
    {
        Assert.Equal([0, 1, 2, 3, 8, 10, 11], CpuPinning.Allowed(["Name:\tx", "Cpus_allowed_list:\t0-3,8,10-11"]));
        Assert.Empty(CpuPinning.Allowed([]));
    }

    private static async Task<LoadOutcome> RunAsync(LoadDefinition load, LoadSettings settings, IReadOnlyList<Threshold> thresholds, string broker = BrokerChoice.Own)
    {
        using var scheduler = new PreciseScheduler();
        return await new LoadRunner(new BrokerChoice { Broker = broker }, null, new BuiltInHost(scheduler), 1).RunAsync(load, settings, thresholds, null, TestContext.Current.CancellationToken);
    }
}

using Broker.LoadTests.Cli;
using Broker.LoadTests.Engine;

namespace Broker.LoadLab.Tests.Cli;

public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("broker-test-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("run", "nothing")]
    [InlineData("run", "fan-in", "--threshold", "fast")]
    [InlineData("run", "fan-in", "--target", "127.0.0.1")]
    [InlineData("run", "fan-in", "--arrivals", "sometimes")]
    [InlineData("capacity", "fan-in", "--threshold", "fast")]
    [InlineData("soak", "fan-in", "--threshold", "fast")]
    [InlineData("compare", "--profile", "huge")]
    [InlineData("compare", "--sections", "nothing")]
    [InlineData("frobnicate")]
    public async Task What_cannot_be_understood_ends_with_2(params string[] arguments) => Assert.Equal((int)LoadExitCode.Usage, await RunAsync(arguments));

    [Fact]
    public async Task List_names_every_scenario_and_mode()
    {
        int exitCode = await RunAsync("list");

        Assert.Equal(0, exitCode);
        foreach (string name in new[] { "one-to-one", "connect-storm", "change-ratio", "push-conflated", "poll-http-close", "longpoll", "devices" })
            Assert.Contains(name, _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_writes_its_files_and_says_where()
    {
        int exitCode = await RunAsync("run", "fan-out", "--seconds", "0.5", "--load", "0.5", "--no-pin", "--output", _folder, "--threshold", "deliver ok >= 1");

        string folder = Assert.Single(Directory.GetDirectories(_folder));
        Assert.Contains(exitCode, new[] { (int)LoadExitCode.Success, (int)LoadExitCode.Invalid }); // a busy machine makes the generator late
        Assert.Equal(["fan-out-deliver-response.hgrm", "fan-out-deliver-service.hgrm", "run.json", "steps.csv", "summary.md", "timeline.csv"], Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Contains("deliver", await File.ReadAllTextAsync(Path.Combine(folder, "summary.md"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains(Path.Combine(folder, "summary.md"), _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Capacity_tells_the_loads_that_it_tried_and_what_broke()
    {
        int exitCode = await RunAsync("capacity", "fan-in", "--seconds", "0.5", "--threshold", "deliver p99 < 0.001", "--arrivals", "poisson", "--no-pin", "--output", _folder);

        Assert.Contains(exitCode, new[] { (int)LoadExitCode.ThresholdFailed, (int)LoadExitCode.Invalid }); // a busy machine makes the generator late
        Assert.Contains("fan-in × 1.00", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("Not even the usual load", _output.ToString(), StringComparison.Ordinal);
        string json = await File.ReadAllTextAsync(Path.Combine(Assert.Single(Directory.GetDirectories(_folder)), "capacity.json"), TestContext.Current.CancellationToken);
        Assert.Contains("\"Good\": 0", json, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_soak_that_is_too_short_says_so_and_holds_its_thresholds()
    {
        int exitCode = await RunAsync("soak", "fan-out", "--minutes", "0.01", "--threshold", "deliver ok >= 1000000", "--no-pin", "--output", _folder);

        Assert.NotEqual((int)LoadExitCode.Success, exitCode);
        Assert.Contains("threshold deliver ok >= 1000000: does not hold", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("memory", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_that_is_not_there_ends_with_4_and_its_name()
    {
        int exitCode = await RunAsync("run", "fan-in", "--executable", "/nowhere/Broker.Host", "--no-pin", "--output", _folder);

        Assert.Equal((int)LoadExitCode.Failed, exitCode);
        Assert.Contains("/nowhere/Broker.Host", _error.ToString(), StringComparison.Ordinal);
    }

    private Task<int> RunAsync(params string[] arguments) =>
        LoadTestCli.RunAsync(arguments, scheduler => new BuiltInHost(scheduler), new PlainConsole(_output, _error));
}

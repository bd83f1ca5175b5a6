using System.CommandLine;
using Broker.LoadTests.Brokers;
using Broker.LoadTests.Comparison;
using Broker.LoadTests.Engine;
using Broker.LoadTests.Loads;
using Broker.LoadTests.Reports;

namespace Broker.LoadTests.Cli;

/// <summary><c>run</c>, <c>capacity</c>, <c>soak</c> and <c>list</c>: the ordinary load scenarios.</summary>
internal static class LoadCommands
{
    public static Command Run(Func<ILoadScheduler, ILoadHost> createHost, ILabConsole console)
    {
        var scenario = ScenarioArgument();
        var seconds = new Option<double>("--seconds") { Description = "how long", DefaultValueFactory = _ => 10 };
        var load = new Option<double>("--load") { Description = "times the scenario's usual rate", DefaultValueFactory = _ => 1 };
        var options = new LoadOptions();
        var common = new CommonOptions();
        var command = new Command("run", "Runs one load scenario; the exit code says whether its thresholds hold.") { scenario, seconds, load };
        options.AddTo(command);
        common.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            IReadOnlyList<Threshold> bounds = options.Thresholds(parsed);
            var settings = new LoadSettings { Load = parsed.GetValue(load), Duration = TimeSpan.FromSeconds(parsed.GetValue(seconds)), PayloadBytes = options.Payload(parsed) };
            using var session = new Session(common, options, parsed, createHost);
            LoadOutcome outcome = await session.Runner.RunAsync(LoadCatalog.Of(parsed.GetValue(scenario)!), settings, bounds, null, cancellation); // required
            return (int)Tell(console, outcome, common.Output(parsed), session.Name);
        });
        return command;
    }

    public static Command CapacityOf(Func<ILoadScheduler, ILoadHost> createHost, ILabConsole console)
    {
        var scenario = ScenarioArgument();
        var seconds = new Option<double>("--seconds") { Description = "how long each step takes", DefaultValueFactory = _ => 5 };
        var most = new Option<double>("--most") { Description = "the highest load to try, times the usual rate", DefaultValueFactory = _ => 64 };
        var options = new LoadOptions();
        var common = new CommonOptions();
        var command = new Command("capacity", "Steps the load up until a threshold breaks, and names the knee.") { scenario, seconds, most };
        options.AddTo(command);
        common.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            IReadOnlyList<Threshold> bounds = options.Thresholds(parsed);
            using var session = new Session(common, options, parsed, createHost);
            LoadDefinition load = LoadCatalog.Of(parsed.GetValue(scenario)!); // required
            CapacityResult result = await Capacity.FindAsync(
                times => session.Runner.RunAsync(load, new LoadSettings { Load = times, Duration = TimeSpan.FromSeconds(parsed.GetValue(seconds)), PayloadBytes = options.Payload(parsed) }, bounds, null, cancellation),
                parsed.GetValue(most),
                step => console.Line($"{load.Name} × {Estimate.Number(step.Load)}: {Estimate.Number(step.PerSecond)} per second, p99 {Estimate.Number(step.P99Ms)} ms{(step.Reason is null ? "" : $" - {step.Reason}")}"));
            string folder = ReportFolder.Create(common.Output(parsed), DateTimeOffset.Now);
            ReportFolder.WriteJson(Path.Combine(folder, "capacity.json"), new { Machine = MachineInfo.Current(), Commit = MachineInfo.Commit(), Scenario = load.Name, Broker = session.Name, Seed = common.Seed(parsed), SecondsOfStep = parsed.GetValue(seconds), PayloadBytes = options.Payload(parsed), Arrivals = options.Arrivals(parsed), Result = result });
            console.Line(result.Sentence);
            console.Line($"Report: {Path.Combine(folder, "capacity.json")}");
            return (int)(result.IsOfGenerator ? LoadExitCode.Invalid : result.Good == 0 ? LoadExitCode.ThresholdFailed : LoadExitCode.Success);
        });
        return command;
    }

    public static Command SoakOf(Func<ILoadScheduler, ILoadHost> createHost, ILabConsole console)
    {
        var scenario = new Argument<string>("scenario") { Description = "which load to keep up", DefaultValueFactory = _ => "one-to-one" };
        var minutes = new Option<double>("--minutes") { Description = "how long", DefaultValueFactory = _ => 30 };
        var load = new Option<double>("--load") { Description = "times the scenario's usual rate", DefaultValueFactory = _ => 0.5 };
        var options = new LoadOptions();
        var common = new CommonOptions();
        var command = new Command("soak", "Keeps a load up for long, and looks whether the broker's memory stays.") { scenario, minutes, load };
        options.AddTo(command);
        common.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            IReadOnlyList<Threshold> bounds = options.Thresholds(parsed);
            using var session = new Session(common, options, parsed, createHost);
            var resident = new List<long>();
            var settings = new LoadSettings { Load = parsed.GetValue(load), Duration = TimeSpan.FromMinutes(parsed.GetValue(minutes)), PayloadBytes = options.Payload(parsed) };
            LoadOutcome outcome = await session.Runner.RunAsync(LoadCatalog.Of(parsed.GetValue(scenario)!), settings, bounds, (at, bytes) => // has a default
            {
                resident.Add(bytes);
                if (resident.Count % 15 == 1) console.Line($"{at:hh\\:mm\\:ss}: {Estimate.Number(bytes / 1048576.0)} MB");
            }, cancellation);
            double? growth = Soak.Growth(resident);
            string memory = resident.Count == 0 ? "the broker's memory cannot be seen from here; --target-pid names its process" : growth is { } share ? $"memory grew by {Estimate.Number(100 * share)} % from the second quarter to the last" : "too short to say anything about memory";
            LoadExitCode exitCode = Tell(console, outcome with { Notes = [.. outcome.Notes, memory] }, common.Output(parsed), session.Name);
            return (int)(exitCode == LoadExitCode.Success && growth > Soak.Tolerance ? LoadExitCode.ThresholdFailed : exitCode);
        });
        return command;
    }

    public static Command List(ILabConsole console)
    {
        var command = new Command("list", "Names scenarios, modes and sections.");
        command.SetAction(_ =>
        {
            console.Table("Load scenarios (run, capacity, soak)", ["name", "what"], [.. LoadCatalog.All.Select(load => (IReadOnlyList<string>)[load.Name, load.Description])]);
            console.Table("Modes (compare)", ["name", "what it isolates"], [.. Mode.All.Select(mode => (IReadOnlyList<string>)[mode.Id, mode.Isolates])]);
            console.Line($"Sections (compare --sections): {string.Join(", ", Section.All)}");
            return (int)LoadExitCode.Success;
        });
        return command;
    }

    private static Argument<string> ScenarioArgument() => new("scenario") { Description = $"one of {string.Join(", ", LoadCatalog.All.Select(load => load.Name))}" };

    private static LoadExitCode Tell(ILabConsole console, LoadOutcome outcome, string? output, string broker)
    {
        string folder = ReportFolder.Create(output, DateTimeOffset.Now);
        LoadFiles.Write(folder, outcome);
        console.Table($"{outcome.Scenario} on {broker}", LoadFiles.Headings, LoadFiles.Rows(outcome.Report));
        foreach (string remark in LoadFiles.Remarks(outcome)) console.Line($"* {remark}");
        console.Line($"Report: {Path.Combine(folder, "summary.md")}");
        return outcome.Report.ExitCode;
    }

    /// <summary>What a command needs to run loads, until it ends.</summary>
    private sealed class Session : IDisposable
    {
        private readonly PreciseScheduler _scheduler = new();

        public Session(CommonOptions common, LoadOptions options, ParseResult parsed, Func<ILoadScheduler, ILoadHost> createHost)
        {
            BrokerChoice choice = common.Choice(parsed);
            CpuPinning? pinning = common.Pinning(parsed);
            pinning?.PinGenerator();
            Name = choice.Name;
            Runner = new LoadRunner(choice, pinning, createHost(_scheduler), common.Seed(parsed)) { Arrivals = options.Arrivals(parsed) };
        }

        public string Name { get; }

        public LoadRunner Runner { get; }

        public void Dispose() => _scheduler.Dispose();
    }
}

using System.CommandLine;
using System.Diagnostics;
using Broker.LoadTests.Brokers;
using Broker.LoadTests.Comparison;
using Broker.LoadTests.Engine;
using Broker.LoadTests.Reports;

namespace Broker.LoadTests.Cli;

/// <summary><c>compare</c>: push against poll.</summary>
internal static class CompareCommand
{
    private static readonly string[] _columns = ["mode", "p50 ms", "p99 ms", "never seen %", "useless %", "bytes/s", "CPU µs/s", "valid"];
    private static readonly string[] _shown = ["mode", "p50", "p99", "unseen", "useless", "bytes/s", "cpu", "valid"];

    public static Command Create(Func<ILoadScheduler, ILoadHost> createHost, ILabConsole console)
    {
        var profile = new Option<string>("--profile") { Description = "smoke (about a minute), standard (a quarter of an hour) or full (an hour and a half)", DefaultValueFactory = _ => ComparisonPlan.Smoke };
        profile.AcceptOnlyFromAmong([.. ComparisonPlan.Profiles]);
        var sections = new Option<string?>("--sections") { Description = $"only these, separated by commas: {string.Join(", ", Section.All)}" };
        var rounds = new Option<int?>("--rounds") { Description = "so many rounds in place of the profile's" };
        var firstRound = new Option<int>("--first-round") { Description = "the first round's number, to measure in pieces and put them together with 'report'" };
        var common = new CommonOptions();
        var command = new Command("compare", "Runs every way to learn of changes on the same changes, and says which is better where.") { profile, sections, rounds, firstRound };
        common.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            BrokerChoice choice = common.Choice(parsed);
            CpuPinning? pinning = common.Pinning(parsed);
            pinning?.PinGenerator();
            IReadOnlyList<Section> plan = Chosen(ComparisonPlan.Of(parsed.GetValue(profile)!), parsed.GetValue(sections)); // has a default
            using var scheduler = new PreciseScheduler();
            ILoadHost host = createHost(scheduler);
            DateTimeOffset started = DateTimeOffset.UtcNow;
            var watch = Stopwatch.StartNew();
            IReadOnlyList<RunResult> runs = await console.ProgressAsync(progress =>
                new Comparer(choice, pinning, host, scheduler, common.Seed(parsed)) { Starting = progress }.RunAsync(plan, parsed.GetValue(firstRound), parsed.GetValue(rounds), cancellation));
            var report = new LabReport
            {
                Profile = parsed.GetValue(profile)!, // has a default
                Broker = choice.Name,
                Host = host.Name,
                HostMethod = host.Method,
                Command = $"{CommandName(host)} -- {string.Join(' ', parsed.Tokens.Select(token => token.Value))}",
                StartedAt = started,
                Seconds = watch.Elapsed.TotalSeconds,
                Seed = common.Seed(parsed),
                Machine = MachineInfo.Current(),
                Commit = MachineInfo.Commit(),
                Pinning = pinning?.ToString() ?? "",
                Runs = runs,
            };
            string folder = ReportFolder.Create(common.Output(parsed), DateTimeOffset.Now);
            ReportFolder.Write(folder, report);
            return (int)Tell(console, report, folder);
        });
        return command;
    }

    /// <summary>Table and verdict on the console.</summary>
    public static LoadExitCode Tell(ILabConsole console, LabReport report, string folder)
    {
        int[] columns = [.. _columns.Select(heading => ModeTable.Headings.ToList().IndexOf(heading))];
        foreach (string workload in ModeTable.Workloads(report))
            console.Table(ModeTable.Title(report, workload), _shown, [.. ModeTable.Rows(report, workload).Select(row => (IReadOnlyList<string>)[.. columns.Select(column => row[column].Split(' ')[0])])]);
        console.Line("p50, p99: milliseconds to awareness; unseen, useless: %; bytes/s and cpu (µs/s of the broker) for one consumer.");
        foreach (string sentence in Verdict.Of(report)) console.Line($"* {sentence}");
        foreach (RunResult run in report.Runs.Where(run => run.Contradictions.Count > 0)) console.Fault($"{run.Mode} on {run.Workload}, round {run.Round}: {string.Join("; ", run.Contradictions)}");
        console.Line($"Report: {Path.Combine(folder, "report.html")}");
        return report.Runs.Count == 0 || report.Runs.Any(run => !run.IsValid) ? LoadExitCode.Invalid : LoadExitCode.Success;
    }

    private static IReadOnlyList<Section> Chosen(IReadOnlyList<Section> plan, string? names)
    {
        if (names is null) return plan;
        string[] wanted = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string? unknown = wanted.FirstOrDefault(name => plan.All(section => section.Id != name));
        if (unknown is not null) throw new FormatException($"The profile has no section '{unknown}'; it has {string.Join(", ", plan.Select(section => section.Id))}.");
        return [.. plan.Where(section => wanted.Contains(section.Id))];
    }

    private static string CommandName(ILoadHost host) =>
        $"dotnet run -c Release --project loadtests/{(host is BuiltInHost ? "Scenarios" : host.Name)}";
}

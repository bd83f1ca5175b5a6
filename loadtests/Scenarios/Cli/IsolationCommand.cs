using System.CommandLine;
using Broker.LoadTests.Engine;
using Broker.LoadTests.Isolation;
using Broker.LoadTests.Loads;
using Broker.LoadTests.Reports;

namespace Broker.LoadTests.Cli;

/// <summary><c>isolation</c>: what an abusive tenant does to another tenant's latency.</summary>
internal static class IsolationCommand
{
    public static Command Create(Func<ILoadScheduler, ILoadHost> createHost, ILabConsole console)
    {
        var seconds = new Option<double>("--seconds") { Description = "how long each run takes", DefaultValueFactory = _ => 10 };
        var rounds = new Option<int>("--rounds") { Description = "how often each run is made; medians are told", DefaultValueFactory = _ => 3 };
        var load = new Option<double>("--load") { Description = "times 2,000 messages a second of the victim's", DefaultValueFactory = _ => 0.25 };
        var common = new CommonOptions();
        var command = new Command("isolation", "Measures one tenant's latency while another floods, storms and does not read; against the same abuse of a second broker.") { seconds, rounds, load };
        common.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var scheduler = new PreciseScheduler();
            var settings = new LoadSettings { Load = parsed.GetValue(load), Duration = TimeSpan.FromSeconds(parsed.GetValue(seconds)) };
            var run = new IsolationRun(common.Choice(parsed), createHost(scheduler), settings, common.Seed(parsed));
            var results = new List<IsolationResult>();
            for (int round = 0; round < parsed.GetValue(rounds); round++)
            {
                foreach (Abuse abuse in Enum.GetValues<Abuse>()) results.Add(await run.RunAsync(abuse, cancellation));
            }

            return (int)Tell(console, results);
        });
        return command;
    }

    private static LoadExitCode Tell(ILabConsole console, List<IsolationResult> results)
    {
        console.Table("The victim's latency in ms", ["abuse of", "p50", "p99", "delivered", "lost", "connects/s", "flood/s"],
        [
            .. results.OrderBy(result => result.Abuse).Select(result => (IReadOnlyList<string>)
            [
                result.Abuse.ToString(), Estimate.Number(result.Response.P50Ms), Estimate.Number(result.Response.P99Ms), $"{result.Ok}", $"{result.Failed}",
                Estimate.Number(result.ConnectsPerSecond), Estimate.Number(result.PublishedPerSecond),
            ]),
        ]);
        double control = P99(results, Abuse.AnotherBroker);
        double abused = P99(results, Abuse.SameBroker);
        double moved = (abused - control) / control;
        console.Line($"p99, median of the rounds: {Estimate.Number(P99(results, Abuse.None))} ms quiet, {Estimate.Number(control)} ms beside a broker that is abused, {Estimate.Number(abused)} ms on the one that is: moved by {Estimate.Number(100 * moved)} %");
        return moved > IsolationRun.Tolerance || results.Any(result => result.Failed > 0) ? LoadExitCode.ThresholdFailed : LoadExitCode.Success;
    }

    private static double P99(List<IsolationResult> results, Abuse abuse)
    {
        double[] sorted = [.. results.Where(result => result.Abuse == abuse).Select(result => result.Response.P99Ms).Order()];
        return sorted[sorted.Length / 2];
    }
}

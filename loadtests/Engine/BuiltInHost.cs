namespace Broker.LoadTests.Engine;

/// <summary>This project's own engine: open loop, latency from the intended start, every arrival dispatched however late.</summary>
public sealed class BuiltInHost(ILoadScheduler scheduler) : ILoadHost
{
    public string Name => "built-in engine";

    public string Method => "Open loop: iterations start by a schedule made before the run, and latency counts from the intended start, so a stall of server or generator is in it.";

    public async Task<LoadReport> RunAsync(IReadOnlyList<LoadScenario> scenarios, LoadRunOptions options, CancellationToken cancellation)
    {
        RefuseDoubles(scenarios);
        foreach (LoadScenario scenario in scenarios)
        {
            if (scenario.Init is { } init) await init(cancellation);
        }

        try
        {
            ScenarioRun[] runs = [.. scenarios.Select((scenario, index) => new ScenarioRun(scenario, scheduler, options, new Random(options.Seed + index)))];
            ScenarioSummary[] summaries = await Task.WhenAll(runs.Select(run => run.RunAsync(cancellation)));
            return new LoadReport(Name, summaries);
        }
        finally
        {
            foreach (LoadScenario scenario in scenarios)
            {
                if (scenario.Clean is { } clean) await clean(CancellationToken.None);
            }
        }
    }

    private static void RefuseDoubles(IReadOnlyList<LoadScenario> scenarios)
    {
        string? twice = scenarios.GroupBy(scenario => scenario.Name).FirstOrDefault(group => group.Count() > 1)?.Key;
        if (twice is not null) throw new ArgumentException($"Two scenarios are called '{twice}'; the results could not be told apart.", nameof(scenarios));
    }
}

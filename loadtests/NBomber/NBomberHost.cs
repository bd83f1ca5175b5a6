using Broker.LoadTests.Engine;
using NBomber.Contracts;
using NBomber.Contracts.Stats;
using NBomber.CSharp;

namespace Broker.LoadTests.NBomber;

/// <summary>Runs the same scenarios on NBomber: the one file that knows it. Only members that are the same from version 5.5 to 6 are used, and custom latency, which came with 6.0.</summary>
/// <param name="scheduler">For what NBomber does not tell: how long it really took.</param>
/// <param name="license">The key of those who need one.</param>
public sealed class NBomberHost(ILoadScheduler scheduler, string? license) : ILoadHost
{
    public string Name => "NBomber";

    public string Method => "NBomber starts iterations at random places in each interval and measures from their real start, so a stall of the generator is not in its latencies; time to awareness is this program's own measure and is.";

    public async Task<LoadReport> RunAsync(IReadOnlyList<LoadScenario> scenarios, LoadRunOptions options, CancellationToken cancellation)
    {
        TimeSpan start = scheduler.Now;
        ScenarioProps[] props = [.. scenarios.Select(scenario => ToProps(scenario, cancellation))];
        // NBomber blocks its caller until the end.
        NodeStats stats = await Task.Factory.StartNew(() => Run(props, options), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        TimeSpan elapsed = scheduler.Now - start;
        return new LoadReport(Name, [.. stats.ScenarioStats.Select(scenario => ToSummary(scenario, scenarios.First(one => one.Name == scenario.ScenarioName), elapsed))]);
    }

    private NodeStats Run(ScenarioProps[] props, LoadRunOptions options)
    {
        NBomberContext context = NBomberRunner.RegisterScenarios(props).WithTestSuite("broker").WithTestName(options.Name).WithScenarioCompletionTimeout(options.CompletionTimeout).WithoutReports();
        return (license is null ? context : context.WithLicense(license)).Run();
    }

    private static ScenarioProps ToProps(LoadScenario scenario, CancellationToken cancellation)
    {
        ScenarioProps props = Scenario.Create(scenario.Name, async context => ToResponse(await scenario.Run(new Context(context))))
            .WithInit(_ => scenario.Init?.Invoke(cancellation) ?? Task.CompletedTask)
            .WithClean(_ => scenario.Clean?.Invoke(CancellationToken.None) ?? Task.CompletedTask)
            // A failed step is counted and the iteration goes on, and failures do not end the run: thresholds judge them.
            .WithRestartIterationOnFail(false)
            .WithMaxFailCount(int.MaxValue)
            .WithLoadSimulations([.. scenario.Phases.Select(ToSimulation)]);
        return scenario.WarmUp > TimeSpan.Zero ? props.WithWarmUpDuration(scenario.WarmUp) : props.WithoutWarmUp();
    }

    private static LoadSimulation ToSimulation(LoadPhase phase) => phase switch
    {
        LoadPhase.Inject inject => Simulation.Inject(inject.Rate, inject.Interval, inject.During),
        LoadPhase.RampingInject ramp => Simulation.RampingInject(ramp.Rate, ramp.Interval, ramp.During),
        LoadPhase.InjectRandom random => Simulation.InjectRandom(random.MinRate, random.MaxRate, random.Interval, random.During),
        LoadPhase.IterationsForInject some => Simulation.IterationsForInject(some.Rate, some.Interval, some.Iterations),
        LoadPhase.KeepConstant keep => Simulation.KeepConstant(keep.Copies, keep.During),
        LoadPhase.RampingConstant ramp => Simulation.RampingConstant(ramp.Copies, ramp.During),
        LoadPhase.IterationsForConstant some => Simulation.IterationsForConstant(some.Copies, some.Iterations),
        LoadPhase.Pause pause => Simulation.Pause(pause.During),
        _ => throw new InvalidOperationException($"NBomber has no {phase.GetType().Name}"),
    };

    /// <summary>The generic form: the other one of some versions drops the custom latency. Zero means "measured", so a custom latency is never zero.</summary>
    private static Response<object> ToResponse(LoadResult result)
    {
        double customLatencyMs = result.CustomLatency is { } latency ? Math.Max(0.001, latency.TotalMilliseconds) : 0;
        return result.IsOk
            ? Response.Ok<object>(statusCode: result.StatusCode, sizeBytes: result.SizeBytes, message: result.Message, customLatencyMs: customLatencyMs)
            : Response.Fail<object>(statusCode: result.StatusCode, message: result.Message, sizeBytes: result.SizeBytes, customLatencyMs: customLatencyMs);
    }

    private static ScenarioSummary ToSummary(ScenarioStats stats, LoadScenario scenario, TimeSpan elapsed) => new()
    {
        Name = stats.ScenarioName,
        IsOpen = false, // its latencies do not count from the intended start, whatever the phases are
        Elapsed = elapsed,
        Started = stats.StepStats.Length == 0 ? 0 : stats.StepStats.Max(step => step.Ok.Request.Count + step.Fail.Request.Count),
        Completed = stats.StepStats.Length == 0 ? 0 : stats.StepStats.Max(step => step.Ok.Request.Count + step.Fail.Request.Count),
        Steps = [.. stats.StepStats.Select(step => ToStep(step, scenario, elapsed))],
    };

    private static StepSummary ToStep(StepStats step, LoadScenario scenario, TimeSpan elapsed)
    {
        // Over its phases where they say how long they are: the time that passed has NBomber's own start and end in it.
        double seconds = scenario.Phases.All(phase => phase.Duration is not null) ? scenario.Phases.Sum(phase => phase.Duration.GetValueOrDefault().TotalSeconds) : elapsed.TotalSeconds;
        LatencyStats latency = step.Ok.Latency;
        var summary = new LatencySummary
        {
            Count = step.Ok.Request.Count,
            MinMs = latency.MinMs,
            MeanMs = latency.MeanMs,
            StdDevMs = latency.StdDev,
            P50Ms = latency.Percent50,
            P75Ms = latency.Percent75,
            P95Ms = latency.Percent95,
            P99Ms = latency.Percent99,
            MaxMs = latency.MaxMs,
        };
        return new StepSummary
        {
            Name = step.StepName,
            Ok = step.Ok.Request.Count,
            Failed = step.Fail.Request.Count,
            Bytes = step.Ok.DataTransfer.AllBytes + step.Fail.DataTransfer.AllBytes,
            PerSecond = (step.Ok.Request.Count + step.Fail.Request.Count) / Math.Max(seconds, 1e-9),
            StatusCodes = step.Ok.StatusCodes.Concat(step.Fail.StatusCodes).GroupBy(code => code.StatusCode).ToDictionary(group => group.Key, group => (long)group.Sum(code => code.Count)),
            Response = summary,
            Service = summary,
        };
    }

    /// <summary>NBomber's iteration as scenarios see it.</summary>
    private sealed class Context(IScenarioContext context) : ILoadContext
    {
        public int InstanceNumber => context.ScenarioInfo.InstanceNumber;

        public bool IsWarmUp => context.ScenarioInfo.ScenarioOperation == ScenarioOperation.WarmUp;

        public CancellationToken Cancellation => context.ScenarioCancellationToken;

        public async Task<LoadResult> StepAsync(string name, Func<Task<LoadResult>> run)
        {
            LoadResult result = default;
            await Step.Run(name, context, async () =>
            {
                try
                {
                    result = await run();
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    result = LoadResult.Fail(LoadResult.ExceptionStatus, $"{e.GetType().Name}: {e.Message}");
                }

                return ToResponse(result);
            });
            return result;
        }
    }
}

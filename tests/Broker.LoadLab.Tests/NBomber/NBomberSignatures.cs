// Test doubles of exactly those NBomber members that the adapter calls, with their names, parameters and types, so that the adapter is compiled
// and run without the package. Together in one file because they are one thing: a picture of somebody else's interface.
#pragma warning disable CA1711, CA1716, CA1720, CA1724, CA1819, CA1822, IDE0060
using System.Collections.Concurrent;
using NBomber.Contracts;
using NBomber.Contracts.Stats;

namespace NBomber.Contracts
{
    public interface IResponse
    {
        string StatusCode { get; }

        bool IsError { get; }

        long SizeBytes { get; }

        string Message { get; }

        double CustomLatencyMs { get; }
    }

    public sealed record Response<T>(string StatusCode, bool IsError, long SizeBytes, string Message, double CustomLatencyMs) : IResponse;

    public enum ScenarioOperation
    {
        Init = 0,
        Clean = 1,
        WarmUp = 2,
        Bombing = 3,
    }

    public sealed record ScenarioInfo(int InstanceNumber, ScenarioOperation ScenarioOperation);

    public interface IScenarioContext
    {
        ScenarioInfo ScenarioInfo { get; }

        CancellationToken ScenarioCancellationToken { get; }
    }

    public interface IScenarioInitContext;

    public sealed record LoadSimulation(string Kind, int Rate, TimeSpan Interval, TimeSpan During, int Iterations = 0, int MaxRate = 0);

    public sealed record ScenarioProps(string ScenarioName, Func<IScenarioContext, Task<IResponse>> Run)
    {
        public Func<IScenarioInitContext, Task>? Init { get; init; }

        public Func<IScenarioInitContext, Task>? Clean { get; init; }

        public TimeSpan? WarmUp { get; init; } = TimeSpan.FromSeconds(30);

        public bool RestartIterationOnFail { get; init; } = true;

        public int MaxFailCount { get; init; } = 5000;

        public IReadOnlyList<LoadSimulation> LoadSimulations { get; init; } = [];
    }

    public sealed record NBomberContext(IReadOnlyList<ScenarioProps> Scenarios)
    {
        public string TestSuite { get; init; } = "";

        public string TestName { get; init; } = "";

        public TimeSpan CompletionTimeout { get; init; }

        public bool HasReports { get; init; } = true;

        public string? License { get; init; }
    }
}

namespace NBomber.Contracts.Stats
{
    public sealed record RequestStats(int Count);

    public sealed record LatencyStats(double MinMs, double MeanMs, double MaxMs, double Percent50, double Percent75, double Percent95, double Percent99, double StdDev);

    public sealed record DataTransferStats(long AllBytes);

    public sealed record StatusCodeStats(string StatusCode, int Count);

    public sealed record MeasurementStats(RequestStats Request, LatencyStats Latency, DataTransferStats DataTransfer, StatusCodeStats[] StatusCodes);

    public sealed record StepStats(string StepName, MeasurementStats Ok, MeasurementStats Fail);

    public sealed record ScenarioStats(string ScenarioName, StepStats[] StepStats);

    public sealed record NodeStats(ScenarioStats[] ScenarioStats);
}

namespace NBomber.CSharp
{
    public static class Response
    {
        public static Response<T> Ok<T>(string statusCode = "", long sizeBytes = 0, string message = "", double customLatencyMs = 0) => new(statusCode, false, sizeBytes, message, customLatencyMs);

        public static Response<T> Fail<T>(string statusCode = "", string message = "", long sizeBytes = 0, double customLatencyMs = 0) => new(statusCode, true, sizeBytes, message, customLatencyMs);
    }

    public static class Step
    {
        public static async Task<Response<T>> Run<T>(string name, IScenarioContext context, Func<Task<Response<T>>> run)
        {
            Response<T> response = await run();
            ((FakeContext)context).Steps.GetOrAdd(name, _ => []).Add(response);
            return response;
        }
    }

    public static class Scenario
    {
        public static ScenarioProps Create(string name, Func<IScenarioContext, Task<IResponse>> run) => new(name, run);

        public static ScenarioProps WithInit(this ScenarioProps scenario, Func<IScenarioInitContext, Task> initFunc) => scenario with { Init = initFunc };

        public static ScenarioProps WithClean(this ScenarioProps scenario, Func<IScenarioInitContext, Task> cleanFunc) => scenario with { Clean = cleanFunc };

        public static ScenarioProps WithWarmUpDuration(this ScenarioProps scenario, TimeSpan duration) => scenario with { WarmUp = duration };

        public static ScenarioProps WithoutWarmUp(this ScenarioProps scenario) => scenario with { WarmUp = null };

        public static ScenarioProps WithLoadSimulations(this ScenarioProps scenario, params LoadSimulation[] loadSimulations) => scenario with { LoadSimulations = loadSimulations };

        public static ScenarioProps WithRestartIterationOnFail(this ScenarioProps scenario, bool shouldRestart) => scenario with { RestartIterationOnFail = shouldRestart };

        public static ScenarioProps WithMaxFailCount(this ScenarioProps scenario, int maxFailCount) => scenario with { MaxFailCount = maxFailCount };
    }

    public static class Simulation
    {
        public static LoadSimulation RampingConstant(int copies, TimeSpan during) => new(nameof(RampingConstant), copies, default, during);

        public static LoadSimulation KeepConstant(int copies, TimeSpan during) => new(nameof(KeepConstant), copies, default, during);

        public static LoadSimulation RampingInject(int rate, TimeSpan interval, TimeSpan during) => new(nameof(RampingInject), rate, interval, during);

        public static LoadSimulation Inject(int rate, TimeSpan interval, TimeSpan during) => new(nameof(Inject), rate, interval, during);

        public static LoadSimulation InjectRandom(int minRate, int maxRate, TimeSpan interval, TimeSpan during) => new(nameof(InjectRandom), minRate, interval, during, MaxRate: maxRate);

        public static LoadSimulation Pause(TimeSpan during) => new(nameof(Pause), 0, default, during);

        public static LoadSimulation IterationsForConstant(int copies, int iterations) => new(nameof(IterationsForConstant), copies, default, default, iterations);

        public static LoadSimulation IterationsForInject(int rate, TimeSpan interval, int iterations) => new(nameof(IterationsForInject), rate, interval, default, iterations);
    }

    /// <summary>Runs for real what it is given: init, warm-up, the iterations of every phase side by side, clean; but as fast as it can.</summary>
    public static class NBomberRunner
    {
        /// <summary>What was run last on this thread's asynchronous flow.</summary>
        public static AsyncLocal<List<NBomberContext>?> Log { get; } = new();

        public static NBomberContext RegisterScenarios(params ScenarioProps[] scenarios) => new(scenarios);

        public static NBomberContext WithTestSuite(this NBomberContext context, string testSuite) => context with { TestSuite = testSuite };

        public static NBomberContext WithTestName(this NBomberContext context, string testName) => context with { TestName = testName };

        public static NBomberContext WithScenarioCompletionTimeout(this NBomberContext context, TimeSpan timeout) => context with { CompletionTimeout = timeout };

        public static NBomberContext WithoutReports(this NBomberContext context) => context with { HasReports = false };

        public static NBomberContext WithLicense(this NBomberContext context, string license) => context with { License = license };

        public static NodeStats Run(this NBomberContext context)
        {
            Log.Value?.Add(context);
            return RunAsync(context).GetAwaiter().GetResult();
        }

        private static async Task<NodeStats> RunAsync(NBomberContext context)
        {
            foreach (ScenarioProps scenario in context.Scenarios) await (scenario.Init?.Invoke(null!) ?? Task.CompletedTask);
            ScenarioStats[] stats = await Task.WhenAll(context.Scenarios.Select(BombAsync));
            foreach (ScenarioProps scenario in context.Scenarios) await (scenario.Clean?.Invoke(null!) ?? Task.CompletedTask);
            return new NodeStats(stats);
        }

        private static async Task<ScenarioStats> BombAsync(ScenarioProps scenario)
        {
            var steps = new ConcurrentDictionary<string, ConcurrentBag<IResponse>>();
            if (scenario.WarmUp is not null) await scenario.Run(new FakeContext(0, ScenarioOperation.WarmUp, []));
            foreach (LoadSimulation simulation in scenario.LoadSimulations)
            {
                int iterations = simulation.Iterations > 0 ? simulation.Iterations : simulation.Rate;
                await Task.WhenAll(Enumerable.Range(0, iterations).Select(instance => Task.Run(() => scenario.Run(new FakeContext(instance, ScenarioOperation.Bombing, steps)))));
            }

            return new ScenarioStats(scenario.ScenarioName, [.. steps.Select(step => new StepStats(step.Key, Of(step.Value, false), Of(step.Value, true)))]);
        }

        private static MeasurementStats Of(IEnumerable<IResponse> responses, bool errors)
        {
            IResponse[] chosen = [.. responses.Where(response => response.IsError == errors)];
            double[] latencies = [.. chosen.Select(response => response.CustomLatencyMs).Order().DefaultIfEmpty()];
            return new MeasurementStats(
                new RequestStats(chosen.Length),
                new LatencyStats(latencies[0], latencies.Average(), latencies[^1], At(0.5), At(0.75), At(0.95), At(0.99), 0),
                new DataTransferStats(chosen.Sum(response => response.SizeBytes)),
                [.. chosen.Where(response => response.StatusCode.Length > 0).GroupBy(response => response.StatusCode).Select(group => new StatusCodeStats(group.Key, group.Count()))]);

            double At(double share) => latencies[(int)(share * (latencies.Length - 1))];
        }
    }

    internal sealed class FakeContext(int instance, ScenarioOperation operation, ConcurrentDictionary<string, ConcurrentBag<IResponse>> steps) : IScenarioContext
    {
        public ScenarioInfo ScenarioInfo { get; } = new(instance, operation);

        public CancellationToken ScenarioCancellationToken => CancellationToken.None;

        public ConcurrentDictionary<string, ConcurrentBag<IResponse>> Steps => steps;
    }
}

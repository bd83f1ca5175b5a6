using Broker.LoadTests.Brokers;
using Broker.LoadTests.Engine;

namespace Broker.LoadTests.Loads;

/// <summary>Runs a load scenario once, against a fresh broker.</summary>
public sealed class LoadRunner(BrokerChoice choice, CpuPinning? pinning, ILoadHost host, int seed)
{
    /// <summary>How iterations come.</summary>
    public ArrivalSpacing Arrivals { get; init; }

    /// <summary>Runs it and judges it.</summary>
    /// <param name="load">Which.</param>
    /// <param name="settings">How much.</param>
    /// <param name="thresholds">Bounds in place of the scenario's own; empty for those.</param>
    /// <param name="sample">Told the broker's memory every so often; null if nobody wants to know.</param>
    /// <param name="cancellation">Ends it early; what was measured is still told.</param>
    public async Task<LoadOutcome> RunAsync(LoadDefinition load, LoadSettings settings, IReadOnlyList<Threshold> thresholds, Action<TimeSpan, long>? sample, CancellationToken cancellation)
    {
        if (load.NeedsOwnBroker && !choice.IsOwn) throw new FormatException($"'{load.Name}' needs change-only delivery, which only this repository's broker has.");
        await using BrokerUnderTest broker = await BrokerUnderTest.StartAsync(choice, pinning, cancellation);
        var environment = new LoadEnvironment(broker, settings);
        LoadScenario scenario = load.Create(environment);
        if (thresholds.Count > 0) scenario = scenario with { Thresholds = thresholds };
        TimeSpan? before = broker.Meter?.Cpu();
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task sampling = SampleAsync(broker, sample, done.Token);
        LoadReport report = ThresholdGate.Judge(await host.RunAsync([scenario], new LoadRunOptions { Name = load.Name, Seed = seed, Spacing = Arrivals }, cancellation), [scenario]);
        await done.CancelAsync();
        await sampling;
        if (broker.Meter is { } meter && before is { } start)
        {
            double seconds = (meter.Cpu() - start).TotalSeconds;
            long steps = report.Scenarios.Sum(one => one.Steps.Sum(step => step.Ok + step.Failed));
            environment.Note(FormattableString.Invariant($"broker's CPU {seconds:0.00} s for {steps} measured steps (connecting and warm-up included), memory {meter.ResidentBytes() / 1048576.0:0.0} MB"));
        }

        return new LoadOutcome(load.Name, settings, report, environment.Notes) { Broker = choice.Name, Seed = seed, Arrivals = Arrivals };
    }

    private static async Task SampleAsync(BrokerUnderTest broker, Action<TimeSpan, long>? sample, CancellationToken done)
    {
        if (sample is null || broker.Meter is not { } meter) return;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(2));
        TimeSpan at = TimeSpan.Zero;
        try
        {
            while (await timer.WaitForNextTickAsync(done)) sample(at += timer.Period, meter.ResidentBytes());
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }
}

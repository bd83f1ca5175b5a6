using Broker.LoadTests.Brokers;
using Broker.LoadTests.Engine;

namespace Broker.LoadTests.Comparison;

/// <summary>Takes the modes through their workloads in turns, each with a fresh broker, and keeps what came out.</summary>
public sealed class Comparer(BrokerChoice choice, CpuPinning? pinning, ILoadHost host, ILoadScheduler scheduler, int seed)
{
    /// <summary>A run in which the generator was late is made again, so often at most: something else had the machine.</summary>
    private const int Repetitions = 2;

    /// <summary>Told before each run: which, and how many there are.</summary>
    public Action<string, int, int>? Starting { get; init; }

    /// <summary>Runs everything that this broker can do.</summary>
    /// <param name="sections">What.</param>
    /// <param name="firstRound">Which round to begin with; a measurement can be made in pieces.</param>
    /// <param name="rounds">How many rounds; null for each section's own number.</param>
    /// <param name="cancellation">Ends it between two runs, and within one.</param>
    public async Task<IReadOnlyList<RunResult>> RunAsync(IReadOnlyList<Section> sections, int firstRound, int? rounds, CancellationToken cancellation)
    {
        List<(Workload Workload, Mode Mode, int Round)> runs = [.. sections.SelectMany(section => Order(section, firstRound, rounds))];
        await RehearseAsync(cancellation);
        var results = new List<RunResult>();
        foreach ((Workload workload, Mode mode, int round) in runs)
        {
            Starting?.Invoke($"{workload.Name}: {mode.Title}", results.Count, runs.Count);
            RunResult result = await OnceAsync(mode, workload, round, cancellation);
            for (int again = 0; again < Repetitions && result.IsLate; again++) result = await OnceAsync(mode, workload, round, cancellation);
            results.Add(result);
        }

        return results;
    }

    /// <summary>One run with a fresh broker. The schedule depends on workload and round alone, so that every mode gets the same changes.</summary>
    public async Task<RunResult> OnceAsync(Mode mode, Workload workload, int round, CancellationToken cancellation)
    {
        await using BrokerUnderTest broker = await BrokerUnderTest.StartAsync(choice, pinning, cancellation);
        RunResult result = await new ComparisonRun(mode, workload, seed + round, broker, scheduler).RunAsync(host, round, cancellation);
        return result with
        {
            BrokerProcessors = broker.Meter is null ? 0 : pinning is not null && choice.Mqtt is null ? pinning.Broker.Count : Environment.ProcessorCount,
            GeneratorProcessors = pinning?.Generator.Count ?? Environment.ProcessorCount,
        };
    }

    /// <summary>Every round has its own order: rotated, and every other one backwards, so that no mode always follows the same one.</summary>
    private IEnumerable<(Workload, Mode, int)> Order(Section section, int firstRound, int? rounds)
    {
        foreach (int round in Enumerable.Range(firstRound, rounds ?? section.Rounds))
        {
            foreach (Workload workload in section.Workloads)
            {
                Mode[] modes = [.. section.Modes.Where(mode => choice.IsOwn || mode.IsPlainMqtt)];
                IEnumerable<Mode> turned = modes.Skip(round % Math.Max(1, modes.Length)).Concat(modes.Take(round % Math.Max(1, modes.Length)));
                foreach (Mode mode in round % 2 == 0 ? turned : turned.Reverse()) yield return (workload, mode, round);
            }
        }
    }

    /// <summary>Short runs that nobody looks at: the generator's own code has to be compiled, too.</summary>
    private async Task RehearseAsync(CancellationToken cancellation)
    {
        Workload workload = Workload.Even("rehearsal", 4, 20, 4, 0.05) with
        {
            WarmUp = TimeSpan.FromSeconds(0.1),
            Measured = TimeSpan.FromSeconds(0.4),
            Idle = TimeSpan.Zero,
            Rehearsals = 100,
        };
        await using BrokerUnderTest broker = await BrokerUnderTest.StartAsync(choice, pinning, cancellation);
        Mode[] modes = choice.IsOwn ? [Mode.PushQos0, Mode.PollHttpEtag] : [Mode.PushQos0];
        foreach (Mode mode in modes) await new ComparisonRun(mode, workload, seed, broker, scheduler).RunAsync(host, 0, cancellation);
    }
}

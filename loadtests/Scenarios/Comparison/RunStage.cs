using System.Collections.Concurrent;
using System.Net;
using Broker.LoadTests.Engine;

namespace Broker.LoadTests.Comparison;

/// <summary>What publisher and consumers of one run share: the clock, the schedule, the window, and what they note.</summary>
public sealed class RunStage
{
    /// <summary>How long after the last change a consumer may take to learn of it.</summary>
    private static readonly TimeSpan _settle = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LatencyHistogram[] _awareness;
    private int _missing;
    private TimeSpan _zero;

    public RunStage(Mode mode, Workload workload, int seed, EndPoint mqtt, Uri? http, ILoadScheduler scheduler)
    {
        Mode = mode;
        Workload = workload;
        Seed = seed;
        Mqtt = mqtt;
        Http = http;
        Scheduler = scheduler;
        Schedule = new ChangeSchedule(workload, seed);
        Current = new int[workload.TopicRates.Count];
        _awareness = [.. workload.Cells.Select(_ => new LatencyHistogram())];
        _missing = workload.Consumers.Count + 1;
    }

    public Mode Mode { get; }

    public Workload Workload { get; }

    public int Seed { get; }

    public EndPoint Mqtt { get; }

    public Uri? Http { get; }

    public ILoadScheduler Scheduler { get; }

    public ChangeSchedule Schedule { get; }

    /// <summary>The newest version of each topic that its device has.</summary>
    public int[] Current { get; }

    public LatencyHistogram PublishLateness { get; } = new();

    public LatencyHistogram PollLateness { get; } = new();

    public ConcurrentDictionary<string, long> Errors { get; } = new();

    /// <summary>Time since the run's start.</summary>
    public TimeSpan Now => Scheduler.Now - _zero;

    public TimeSpan From => Workload.WarmUp;

    public TimeSpan To => Workload.Span;

    /// <summary>When consumers give up waiting for the last change.</summary>
    public TimeSpan Deadline => To + _settle + Workload.Consumers.Max(consumer => consumer.Interval) * 2;

    public LatencyHistogram Awareness(int cell) => _awareness[cell];

    /// <summary>Waits until all who take part are here; the last one starts the clock.</summary>
    public Task BeginAsync(CancellationToken cancellation)
    {
        if (Interlocked.Decrement(ref _missing) == 0)
        {
            _zero = Scheduler.Now;
            _begun.TrySetResult();
        }

        return _begun.Task.WaitAsync(TimeSpan.FromMinutes(2), cancellation);
    }

    public Task UntilAsync(TimeSpan at, CancellationToken cancellation) => Scheduler.UntilAsync(_zero + at, cancellation);

    public void Failed(string status) => Errors.AddOrUpdate(status, 1, (_, count) => count + 1);
}

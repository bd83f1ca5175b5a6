using System.Diagnostics;
using Broker.LoadTests.Brokers;
using Broker.LoadTests.Engine;
using Broker.LoadTests.Wire;

namespace Broker.LoadTests.Comparison;

/// <summary>One mode on one workload, once, as two scenarios that any host can run: the devices and the consumers.</summary>
public sealed class ComparisonRun
{
    private readonly RunStage _stage;
    private readonly BrokerUnderTest _broker;
    private readonly ChangePublisher _publisher;
    private readonly Consumer[] _consumers;
    private readonly Mark[] _marks = new Mark[2];
    private double? _idleCpu;
    private long? _emptyBytes;
    private int _next = -1;

    public ComparisonRun(Mode mode, Workload workload, int seed, BrokerUnderTest broker, ILoadScheduler scheduler)
    {
        _broker = broker;
        _stage = new RunStage(mode, workload, seed, broker.Mqtt, broker.Http, scheduler);
        _publisher = new ChangePublisher(_stage);
        _consumers = [.. Enumerable.Range(0, workload.Consumers.Count).Select(index => Create(mode, index))];
    }

    /// <summary>Runs it.</summary>
    public async Task<RunResult> RunAsync(ILoadHost host, int round, CancellationToken cancellation)
    {
        LoadScenario[] scenarios =
        [
            new("changes", PublishAsync) { Init = InitAsync, Clean = CleanAsync, Phases = [new LoadPhase.IterationsForConstant(1, 1)] },
            new("consumers", ConsumeAsync) { Phases = [new LoadPhase.IterationsForConstant(_consumers.Length, _consumers.Length)] },
        ];
        var options = new LoadRunOptions { Name = $"{_stage.Mode.Id}-{_stage.Workload.Name}", Seed = _stage.Seed, CompletionTimeout = _stage.Deadline };
        LoadReport report = await host.RunAsync(scenarios, options, cancellation);
        cancellation.ThrowIfCancellationRequested();
        return Result(round, report);
    }

    private Consumer Create(Mode mode, int index)
    {
        if (mode.IsPush) return new PushConsumer(index, _stage);
        if (mode == Mode.PollMqtt) return new MqttPollConsumer(index, _stage);
        if (mode == Mode.PollHttpBatch) return new BatchPollConsumer(index, _stage);
        if (mode == Mode.LongPoll) return new LongPollConsumer(index, _stage);
        return new HttpPollConsumer(index, _stage);
    }

    private async Task InitAsync(CancellationToken cancellation)
    {
        await _publisher.InitAsync();
        _emptyBytes = _broker.Meter?.ResidentBytes();
        foreach (Consumer consumer in _consumers) await consumer.InitAsync(cancellation);
        await _publisher.RehearseAsync(_stage.Workload.Rehearsals);
        for (int round = 0; round < _stage.Workload.Rehearsals / _consumers.Length; round++)
        {
            foreach (Consumer consumer in _consumers) await consumer.RehearseAsync(cancellation);
        }

        if (_broker.Meter is not { } meter || _stage.Workload.Idle <= TimeSpan.Zero) return;
        // What the rehearsal made hot is compiled anew shortly after; that is neither idling nor part of the run.
        await _stage.Scheduler.UntilAsync(_stage.Scheduler.Now + _stage.Workload.Settle, cancellation);
        TimeSpan start = _stage.Scheduler.Now;
        TimeSpan cpu = meter.Cpu();
        await _stage.Scheduler.UntilAsync(start + _stage.Workload.Idle, cancellation);
        _idleCpu = (meter.Cpu() - cpu).TotalSeconds / (_stage.Scheduler.Now - start).TotalSeconds;
    }

    private async Task CleanAsync(CancellationToken cancellation)
    {
        foreach (Consumer consumer in _consumers) await consumer.DisposeAsync();
        await _publisher.DisposeAsync();
    }

    private async Task<LoadResult> PublishAsync(ILoadContext context)
    {
        await _stage.BeginAsync(context.Cancellation);
        Task marking = MarkAsync(context.Cancellation);
        await _publisher.RunAsync(context);
        await marking;
        await _publisher.SettleAsync();
        return LoadResult.Ok();
    }

    private async Task<LoadResult> ConsumeAsync(ILoadContext context)
    {
        Consumer consumer = _consumers[Interlocked.Increment(ref _next)];
        await _stage.BeginAsync(context.Cancellation);
        await consumer.RunAsync(context);
        consumer.Finish();
        return LoadResult.Ok();
    }

    /// <summary>Reads all counters at the window's two ends.</summary>
    private async Task MarkAsync(CancellationToken cancellation)
    {
        await _stage.UntilAsync(_stage.From, cancellation);
        _marks[0] = Mark.Of(this);
        await _stage.UntilAsync(_stage.To, cancellation);
        _marks[1] = Mark.Of(this);
    }

    private RunResult Result(int round, LoadReport report)
    {
        Workload workload = _stage.Workload;
        var awareness = new LatencyHistogram();
        for (int cell = 0; cell < workload.Cells.Count; cell++) awareness.Add(_stage.Awareness(cell));
        CellResult[] cells = [.. workload.Cells.Select((cell, index) => Cell(cell, [.. _consumers.Where(consumer => consumer.Plan.Cell == index)], _stage.Awareness(index)))];
        CellResult all = Cell(workload.Cells.Count == 1 ? workload.Cells[0] : default, _consumers, awareness);
        LatencySummary publishLateness = _stage.PublishLateness.Summarize();
        LatencySummary pollLateness = _stage.PollLateness.Summarize();
        bool late = ThresholdGate.IsLate(Math.Max(publishLateness.P99Ms, pollLateness.P99Ms), all.Awareness.P99Ms);
        List<string> contradictions = [.. Oracle.Contradictions(_stage.Mode, workload, cells, all, late)];
        contradictions.AddRange(_stage.Errors.Select(error => $"{error.Value} errors: {error.Key}"));
        contradictions.AddRange(report.Scenarios.Where(scenario => scenario.Failed + scenario.Stragglers > 0).Select(scenario => $"{scenario.Name}: {scenario.Failed} failed, {scenario.Stragglers} did not end ({scenario.Steps.Select(step => step.FirstFailure).FirstOrDefault(text => text.Length > 0)})"));
        return new RunResult
        {
            Mode = _stage.Mode.Id,
            Workload = workload.Name,
            Round = round,
            Seed = _stage.Seed,
            Topics = workload.TopicRates.Count,
            TopicsPerConsumer = workload.TopicsPerConsumer,
            Consumers = _consumers.Length,
            FanOut = workload.FanOut,
            PayloadBytes = workload.PayloadBytes,
            Arrivals = workload.Arrivals,
            Producers = workload.Producers,
            WarmUpSeconds = workload.WarmUp.TotalSeconds,
            WindowSeconds = workload.Measured.TotalSeconds,
            Cells = cells,
            All = all,
            AwarenessCurve = Thinned(awareness.Distribution()),
            AwarenessTimes = awareness.Encode(),
            Devices = _marks[1].Devices - _marks[0].Devices,
            ServerCpuSeconds = (_marks[1].Cpu - _marks[0].Cpu)?.TotalSeconds,
            IdleCpuPerSecond = _idleCpu,
            ServerBytes = _marks[1].Resident,
            ServerBytesOfConsumers = _marks[0].Resident - _emptyBytes,
            GeneratorCpuSeconds = (_marks[1].Generator - _marks[0].Generator).TotalSeconds,
            PublishLateness = publishLateness,
            PollLateness = pollLateness,
            SkippedPolls = _consumers.OfType<PollingConsumer>().Sum(consumer => consumer.Skipped),
            Errors = new SortedDictionary<string, long>(_stage.Errors, StringComparer.Ordinal),
            Contradictions = contradictions,
            IsLate = late,
            Timeline = report.Scenarios.FirstOrDefault(scenario => scenario.Name == "consumers")?.Timeline ?? [],
        };
    }

    private CellResult Cell(Cell cell, Consumer[] consumers, LatencyHistogram awareness)
    {
        WireBytes wire = default;
        long requests = 0;
        long useless = 0;
        long connections = 0;
        var polls = new PollSums();
        foreach (Consumer consumer in consumers)
        {
            wire += _marks[1].Wire[consumer.Index] - _marks[0].Wire[consumer.Index];
            requests += _marks[1].Requests[consumer.Index] - _marks[0].Requests[consumer.Index];
            useless += _marks[1].Useless[consumer.Index] - _marks[0].Useless[consumer.Index];
            connections += _marks[1].Connections[consumer.Index] - _marks[0].Connections[consumer.Index];
            polls.Add(consumer.Sightings.Polls);
        }

        double watched = consumers.Sum(consumer => consumer.Sightings.WatchedSeconds);
        return new CellResult
        {
            Cell = cell,
            Consumers = consumers.Length,
            ConsumerSeconds = consumers.Length * _stage.Workload.Measured.TotalSeconds,
            Changes = consumers.Sum(consumer => Enumerable.Range(consumer.Plan.FirstTopic, _stage.Workload.TopicsPerConsumer).Sum(topic => (long)_stage.Schedule.Count(topic, _stage.From, _stage.To))),
            Seen = consumers.Sum(consumer => consumer.Sightings.Seen),
            Superseded = consumers.Sum(consumer => consumer.Sightings.Superseded),
            Missing = consumers.Sum(consumer => consumer.Sightings.Missing),
            Repeated = consumers.Sum(consumer => consumer.Sightings.Repeated),
            Reordered = consumers.Sum(consumer => consumer.Sightings.Reordered),
            Requests = requests,
            Useless = useless,
            Connections = connections,
            Wire = wire,
            Awareness = awareness.Summarize(),
            StaleShare = watched > 0 ? consumers.Sum(consumer => consumer.Sightings.StaleSeconds) / watched : 0,
            MeanAgeSeconds = watched > 0 ? consumers.Sum(consumer => consumer.Sightings.AgeSquareSeconds) / watched : 0,
            Polls = polls,
        };
    }

    /// <summary>At most a hundred points of a curve.</summary>
    private static IReadOnlyList<double[]> Thinned(IReadOnlyList<(double Ms, double Share)> points)
    {
        const int Most = 100;
        int step = Math.Max(1, (points.Count + Most - 1) / Most);
        return [.. points.Where((_, index) => index % step == 0 || index == points.Count - 1).Select(point => new[] { point.Ms, point.Share })];
    }

    /// <summary>All counters at one moment.</summary>
    private readonly record struct Mark(TimeSpan? Cpu, long? Resident, TimeSpan Generator, WireBytes Devices, WireBytes[] Wire, long[] Requests, long[] Useless, long[] Connections)
    {
        public static Mark Of(ComparisonRun run) => new(
            run._broker.Meter?.Cpu(),
            run._broker.Meter?.ResidentBytes(),
            Process.GetCurrentProcess().TotalProcessorTime,
            run._publisher.Wire(),
            [.. run._consumers.Select(consumer => consumer.Wire())],
            [.. run._consumers.Select(consumer => consumer.Requests)],
            [.. run._consumers.Select(consumer => consumer.Useless)],
            [.. run._consumers.Select(consumer => consumer.Connections())]);
    }
}

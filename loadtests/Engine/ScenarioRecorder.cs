using System.Collections.Concurrent;

namespace Broker.LoadTests.Engine;

/// <summary>Counts what one scenario does, from its first phase's start on. Safe from any thread.</summary>
internal sealed class ScenarioRecorder(TimeSpan start)
{
    private readonly ConcurrentDictionary<string, StepRecorder> _steps = new();
    private readonly Timeline _timeline = new();
    private long _planned;
    private long _started;
    private long _completed;
    private long _failed;
    private long _rejected;

    public LatencyHistogram Lateness { get; } = new();

    public void Planned() => Interlocked.Increment(ref _planned);

    public void Rejected() => Interlocked.Increment(ref _rejected);

    public void Started(TimeSpan intended, TimeSpan now)
    {
        Interlocked.Increment(ref _started);
        Lateness.Record(now - intended);
        _timeline.RecordLateness(intended - start, now - intended);
    }

    public void Completed(bool ok)
    {
        Interlocked.Increment(ref _completed);
        if (!ok) Interlocked.Increment(ref _failed);
    }

    public void Step(string name, TimeSpan intended, TimeSpan began, TimeSpan end, in LoadResult result)
    {
        _steps.GetOrAdd(name, static one => new StepRecorder(one)).Record(intended, began, end, in result);
        _timeline.Record(end - start, result.CustomLatency ?? end - intended, result.IsOk);
    }

    public ScenarioSummary Summarize(string name, bool isOpen, TimeSpan end) => new()
    {
        Name = name,
        Steps = [.. _steps.Values.OrderBy(step => step.Name, StringComparer.Ordinal).Select(step => step.Summarize(end - start))],
        IsOpen = isOpen,
        Elapsed = end - start,
        Planned = Interlocked.Read(ref _planned),
        Started = Interlocked.Read(ref _started),
        Completed = Interlocked.Read(ref _completed),
        Failed = Interlocked.Read(ref _failed),
        Rejected = Interlocked.Read(ref _rejected),
        Stragglers = Interlocked.Read(ref _started) - Interlocked.Read(ref _completed),
        Lateness = Lateness.Summarize(),
        Timeline = _timeline.Points(),
    };
}

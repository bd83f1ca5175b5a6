namespace Broker.LoadTests.Engine;

/// <summary>Takes one scenario through its warm-up and its phases, and waits for what is under way at the end.</summary>
internal sealed class ScenarioRun(LoadScenario scenario, ILoadScheduler scheduler, LoadRunOptions options, Random random)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Task> _copies = [];
    private TaskCompletionSource? _idle;
    private int _inFlight;
    private int _nextInstance;

    public async Task<ScenarioSummary> RunAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (scenario.WarmUp > TimeSpan.Zero)
        {
            await PhasesAsync(Clipped(scenario.WarmUp), recorder: null, stop.Token);
            await QuiesceAsync();
        }

        TimeSpan start = scheduler.Now;
        var recorder = new ScenarioRecorder(start);
        bool interrupted = false;
        try
        {
            await PhasesAsync(scenario.Phases, recorder, stop.Token);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            interrupted = true; // what was measured until now is still told
        }

        if (!interrupted) await QuiesceAsync();
        TimeSpan end = scheduler.Now;
        ScenarioSummary summary = recorder.Summarize(scenario.Name, scenario.Phases.All(phase => phase.IsOpen), end);
        stop.Cancel(); // what is still under way need not go on; its callbacks are short
        return summary;
    }

    private List<LoadPhase> Clipped(TimeSpan left)
    {
        var phases = new List<LoadPhase>();
        foreach (LoadPhase phase in scenario.Phases)
        {
            if (left <= TimeSpan.Zero || phase.Duration is not { } duration) break;
            phases.Add(phase.Clip(left));
            left -= duration;
        }

        return phases;
    }

    private async Task PhasesAsync(IReadOnlyList<LoadPhase> phases, ScenarioRecorder? recorder, CancellationToken cancellation)
    {
        TimeSpan start = scheduler.Now;
        double rate = 0;
        int copies = 0;
        foreach (LoadPhase phase in phases)
        {
            if (phase.IsOpen) await OpenAsync(phase, start, rate, recorder, cancellation);
            else await ClosedAsync(phase, start, copies, recorder, cancellation);
            rate = ArrivalSchedule.RateAtEnd(phase);
            copies = CopiesAtEnd(phase);
            start = phase.Duration is { } duration ? start + duration : scheduler.Now;
            await scheduler.UntilAsync(start, cancellation);
        }
    }

    private async Task OpenAsync(LoadPhase phase, TimeSpan start, double before, ScenarioRecorder? recorder, CancellationToken cancellation)
    {
        foreach (TimeSpan arrival in ArrivalSchedule.Of(phase, before, options.Spacing, random))
        {
            TimeSpan intended = start + arrival;
            await scheduler.UntilAsync(intended, cancellation);
            recorder?.Planned();
            if (!TryEnter())
            {
                recorder?.Rejected();
                continue;
            }

            var iteration = new Iteration(scheduler, recorder, _nextInstance++, intended, cancellation);
            _ = scheduler.Start(() => RunAsync(iteration)); // QuiesceAsync waits for it
        }
    }

    private async Task ClosedAsync(LoadPhase phase, TimeSpan start, int before, ScenarioRecorder? recorder, CancellationToken cancellation)
    {
        int to = CopiesAtEnd(phase);
        int left = phase is LoadPhase.IterationsForConstant some ? some.Iterations : int.MaxValue;
        TimeSpan during = phase.Duration ?? TimeSpan.MaxValue;
        var copies = new List<Task>();
        for (int copy = 0; copy < Math.Max(before, to); copy++)
        {
            if (phase is not LoadPhase.RampingConstant && copy >= to) break;
            // A ramp starts, or ends, its copies one after another.
            TimeSpan from = phase is LoadPhase.RampingConstant && copy >= before ? during * ((double)(copy - before) / (to - before)) : TimeSpan.Zero;
            TimeSpan until = phase is LoadPhase.RampingConstant && copy >= to ? during * ((double)(before - copy) / (before - to)) : during;
            int instance = copy;
            Task last = _copies.GetValueOrDefault(copy, Task.CompletedTask);
            copies.Add(_copies[copy] = scheduler.Start(() => CopyAsync(instance, last, start + from, until == TimeSpan.MaxValue ? until : start + until)));
        }

        if (phase.Duration is null) await Task.WhenAll(copies);

        async Task CopyAsync(int instance, Task last, TimeSpan from, TimeSpan until)
        {
            await last; // the copy's iteration from the phase before
            await scheduler.UntilAsync(from, cancellation);
            while (scheduler.Now < until && Interlocked.Decrement(ref left) >= 0 && !cancellation.IsCancellationRequested)
            {
                TimeSpan now = scheduler.Now;
                if (!TryEnter())
                {
                    recorder?.Rejected();
                    return;
                }

                await RunAsync(new Iteration(scheduler, recorder, instance, now, cancellation));
            }
        }
    }

    private async Task RunAsync(Iteration iteration)
    {
        try
        {
            await iteration.RunAsync(scenario.Run);
        }
        finally
        {
            Leave();
        }
    }

    private bool TryEnter()
    {
        lock (_gate)
        {
            if (_inFlight >= options.MaxInFlight) return false;
            _inFlight++;
            return true;
        }
    }

    private void Leave()
    {
        TaskCompletionSource? idle = null;
        lock (_gate)
        {
            if (--_inFlight == 0) idle = _idle;
        }

        idle?.TrySetResult();
    }

    /// <summary>Waits until nothing is under way, or patience is over.</summary>
    private async Task QuiesceAsync()
    {
        var idle = new TaskCompletionSource();
        lock (_gate)
        {
            if (_inFlight == 0) return;
            _idle = idle;
        }

        using var enough = new CancellationTokenSource();
        await Task.WhenAny(idle.Task, scheduler.UntilAsync(scheduler.Now + options.CompletionTimeout, enough.Token));
        enough.Cancel();
    }

    private static int CopiesAtEnd(LoadPhase phase) => phase switch
    {
        LoadPhase.KeepConstant keep => keep.Copies,
        LoadPhase.RampingConstant ramp => ramp.Copies,
        LoadPhase.IterationsForConstant some => some.Copies,
        _ => 0,
    };
}

namespace Broker.LoadTests.Engine;

/// <summary>One iteration under way. Only its first step inherits the schedule; later ones begin when they begin.</summary>
internal sealed class Iteration(ILoadScheduler scheduler, ScenarioRecorder? recorder, int instance, TimeSpan intended, CancellationToken cancellation) : ILoadContext
{
    private bool _first = true;

    public int InstanceNumber => instance;

    public bool IsWarmUp => recorder is null;

    public CancellationToken Cancellation => cancellation;

    public async Task<LoadResult> StepAsync(string name, Func<Task<LoadResult>> run)
    {
        TimeSpan began = scheduler.Now;
        TimeSpan due = _first ? intended : began;
        _first = false;
        LoadResult result;
        try
        {
            result = await run();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw; // cut off at the end: neither good nor bad, and counted with the stragglers
        }
        catch (Exception e)
        {
            result = LoadResult.Fail(LoadResult.ExceptionStatus, $"{e.GetType().Name}: {e.Message}");
        }

        recorder?.Step(name, due, began, scheduler.Now, in result);
        return result;
    }

    /// <summary>Runs it to its end.</summary>
    public async Task RunAsync(Func<ILoadContext, Task<LoadResult>> run)
    {
        recorder?.Started(intended, scheduler.Now);
        try
        {
            LoadResult result = await run(this);
            recorder?.Completed(result.IsOk);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Not completed; the summary counts it as a straggler.
        }
        catch (Exception e)
        {
            TimeSpan now = scheduler.Now;
            LoadResult failure = LoadResult.Fail(LoadResult.ExceptionStatus, $"{e.GetType().Name}: {e.Message}");
            recorder?.Step("iteration", intended, now, now, in failure);
            recorder?.Completed(ok: false);
        }
    }
}

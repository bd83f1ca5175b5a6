using Broker.LoadTests.Engine;

namespace Broker.LoadLab.Tests.Engine;

/// <summary>Time that jumps to the next thing due: a run of minutes takes milliseconds and always goes the same way.</summary>
internal sealed class VirtualScheduler : ILoadScheduler
{
    private readonly PriorityQueue<TaskCompletionSource, (TimeSpan, long)> _waiting = new();
    private long _order;

    public TimeSpan Now { get; private set; }

    public Task UntilAsync(TimeSpan due, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested) return Task.FromCanceled(cancellation);
        if (due <= Now) return Task.CompletedTask;
        var waiter = new TaskCompletionSource();
        cancellation.Register(() => waiter.TrySetCanceled(cancellation));
        _waiting.Enqueue(waiter, (due, _order++));
        return waiter.Task;
    }

    public Task Start(Func<Task> work) => work();

    public Task Delay(TimeSpan time) => UntilAsync(Now + time, CancellationToken.None);

    /// <summary>The generator's process stands still, as in a long garbage collection.</summary>
    public void Stall(TimeSpan time) => Now += time;

    /// <summary>Runs until the task is done. On a thread without a synchronization context, so that everything goes on inline.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> run) => Task.Run(() =>
    {
        Task<T> task = run();
        while (!task.IsCompleted)
        {
            if (!_waiting.TryDequeue(out TaskCompletionSource? waiter, out (TimeSpan Due, long) priority)) throw new InvalidOperationException("Nothing is due, and the run is not over");
            if (priority.Due > Now) Now = priority.Due;
            waiter.TrySetResult();
        }

        return task;
    });

    public Task<LoadReport> RunAsync(LoadScenario scenario, LoadRunOptions? options = null) =>
        RunAsync(() => new BuiltInHost(this).RunAsync([scenario], options ?? new LoadRunOptions(), CancellationToken.None));
}

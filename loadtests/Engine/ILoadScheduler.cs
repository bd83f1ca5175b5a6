namespace Broker.LoadTests.Engine;

/// <summary>Time as the engine sees it, so that tests can run an hour in a moment.</summary>
public interface ILoadScheduler
{
    /// <summary>Time since the scheduler's start; never goes back.</summary>
    TimeSpan Now { get; }

    /// <summary>Completes when it is time; at once if it is already.</summary>
    Task UntilAsync(TimeSpan due, CancellationToken cancellation);

    /// <summary>Starts work beside the caller.</summary>
    Task Start(Func<Task> work);
}

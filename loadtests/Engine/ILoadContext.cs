namespace Broker.LoadTests.Engine;

/// <summary>What an iteration gets from whoever runs it.</summary>
public interface ILoadContext
{
    /// <summary>Which copy runs it, from 0; iterations of one copy never overlap in a closed phase.</summary>
    int InstanceNumber { get; }

    /// <summary>Whether the results of this iteration are thrown away.</summary>
    bool IsWarmUp { get; }

    /// <summary>Fires when the run gives up on what has not ended.</summary>
    CancellationToken Cancellation { get; }

    /// <summary>Runs and measures one step. A step that throws has failed; the iteration goes on.</summary>
    Task<LoadResult> StepAsync(string name, Func<Task<LoadResult>> run);
}
